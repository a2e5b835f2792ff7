using AudioCraft.Codecs;
using AudioCraft.Quantization;

namespace AudioCraft;

// Sound of any length, piece by piece.
public sealed partial class EncodecModel
{
    /// <summary>About a second.</summary>
    internal long FramesAtATime => HopsAtATime(HopLength);

    /// <summary>Whether the codes of a moment do not depend on the whole sound.</summary>
    internal bool CanStream => !Renormalize && !HasTimeGroupNorm;

    /// <inheritdoc/>
    internal override StreamPlan PlanStream()
    {
        RefuseWholeSound();
        return new(
            HopLength,
            Frames: 1,
            OpenEncoder: () => new StreamingChain(encoder.OpenStream(), new StreamingFunction(quantizer.Encode)),
            OpenDecoder: () => new StreamingChain(new StreamingFunction(quantizer.Decode), decoder.OpenStream()),
            CheckSound: (samples, name) => TensorChecks.Float(samples, name, "[B, C, n]", Channels, quantizer.ElementType),
            CheckCodes: (codes, name) => TensorChecks.Codes(codes, name, TotalCodebooks, Cardinality));
    }

    private bool HasTimeGroupNorm => Config.Encoder.HasTimeGroupNorm || Config.DecoderOrDefault.HasTimeGroupNorm;

    private void RefuseWholeSound()
    {
        if (Renormalize)
        {
            throw new NotSupportedException(
                "This model renormalizes: it divides by the volume of the whole sound, which a stream does not know. Encode segments of the length that it was trained for, each with its own scale.");
        }

        if (HasTimeGroupNorm)
        {
            throw new NotSupportedException(
                "This model has TimeGroupNorm, which looks at the whole sound, so it cannot work on a stream. Encode segments of the length that it was trained for.");
        }
    }
}
