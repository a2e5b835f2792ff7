using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Initializes the codebooks of a codec with clusters of many frames of its encoder.</summary>
internal static class CodebookClusters
{
    /// <summary>Frames closer to the frame of silence than this share of the largest distance count as silence; one in <see cref="SilentFrames"/> of them is clustered.</summary>
    private static readonly Scalar SilenceShare = 0.02;
    private const int SilentFrames = 32;

    /// <summary>Runs k-means for each codebook.</summary>
    /// <param name="model">In training mode, with codebooks that are not initialized.</param>
    /// <param name="frames">Encoder output, [B, D, F].</param>
    /// <param name="initializer">Chooses the frames of the first codebook; null to use the same for all.</param>
    public static void Initialize(EncodecModel model, Tensor frames, ICodecInitializer? initializer)
    {
        using var scope = NewDisposeScope();
        var distinct = Distinct(model, frames);
        if (initializer?.FirstCodebookFrames(distinct) is { } first)
        {
            model.SetNumCodebooks(1);
            model.Quantizer.forward(first, model.FrameRate);
            model.SetNumCodebooks(model.TotalCodebooks);
        }

        model.Quantizer.forward(distinct, model.FrameRate);
    }

    /// <summary>[1, D, N]. Silence is half of many recordings and needs one entry; if all of it were clustered, hundreds of entries would start there and die.</summary>
    private static Tensor Distinct(EncodecModel model, Tensor frames)
    {
        var silence = model.Encoder.call(zeros(1, model.Channels, 16 * model.Config.Encoder.HopLength, device: frames.device)).select(2, 8);
        var all = frames.transpose(0, 1).flatten(1);
        var distance = (all - silence.view(-1, 1)).norm(0);
        var audible = distance > distance.max().mul(SilenceShare);
        var few = audible.logical_not().nonzero().view(-1).slice(0, 0, long.MaxValue, SilentFrames);
        return all.index_select(1, cat([audible.nonzero().view(-1), few])).unsqueeze(0);
    }
}
