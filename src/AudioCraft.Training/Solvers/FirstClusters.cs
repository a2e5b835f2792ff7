using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>The first entries of a codec's codebooks: clusters of many frames of its encoder.</summary>
internal static class FirstClusters
{
    /// <summary>Frames that are as near to silence as this part of the farthest one's distance say silence; of them, one in so many is clustered.</summary>
    private const double SilenceShare = 0.02;
    private const int SilentFrames = 32;

    /// <summary>Lets the codebooks find their entries.</summary>
    /// <param name="model">In training mode, its codebooks not yet begun.</param>
    /// <param name="frames">[B, D, F] of its encoder.</param>
    /// <param name="waves">How many numbers of a frame, the last ones, the first codebook begins without: <see cref="CompressionTrainingOptions.VocoderWaves"/>.</param>
    public static void Give(EncodecModel model, Tensor frames, int waves)
    {
        using var scope = NewDisposeScope();
        var distinct = Distinct(model, frames);
        if (waves > 0)
        {
            // What a sound is like, without where its waves stand: the most predictable part by itself.
            var levels = distinct.clone();
            levels.narrow(1, levels.size(1) - waves, waves).zero_();
            model.SetNumCodebooks(1);
            model.Quantizer.forward(levels, model.FrameRate);
            model.SetNumCodebooks(model.TotalCodebooks);
        }

        model.Quantizer.forward(distinct, model.FrameRate);
    }

    /// <summary>[1, D, N]: silence is half of many recordings and one entry; if all of it were clustered, entries would begin there by the hundred, and die.</summary>
    private static Tensor Distinct(EncodecModel model, Tensor frames)
    {
        var silence = model.Encoder.call(zeros(1, model.Channels, 16 * model.Config.Encoder.HopLength, device: frames.device)).select(2, 8);
        var all = frames.transpose(0, 1).flatten(1);
        var distance = (all - silence.view(-1, 1)).norm(0);
        var sounding = distance > SilenceShare * distance.max();
        var few = sounding.logical_not().nonzero().view(-1).slice(0, 0, long.MaxValue, SilentFrames);
        return all.index_select(1, cat([sounding.nonzero().view(-1), few])).unsqueeze(0);
    }
}
