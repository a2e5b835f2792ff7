using AudioCraft.Codecs;
using AudioCraft.Quantization;

namespace AudioCraft;

// Sound of any length, piece by piece.
public sealed partial class DacModel
{
    /// <inheritdoc/>
    internal override StreamPlan PlanStream() => new(
        HopLength,
        Frames: 1,
        OpenEncoder: () => new StreamingChain(new CompletedInput(encoder.OpenStream(), HopLength), new StreamingFunction(quantizer.Encode)),
        OpenDecoder: () => new StreamingChain(new StreamingFunction(quantizer.Decode), new CompletedOutput(decoder.OpenStream(), Channels, HopLength)),
        CheckSound: (samples, name) => TensorChecks.Float(samples, name, "[B, C, n]", Channels, quantizer.ElementType),
        CheckCodes: (codes, name) => TensorChecks.Codes(codes, name, TotalCodebooks, Cardinality));
}
