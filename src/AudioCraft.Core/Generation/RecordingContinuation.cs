using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>
/// Continues a recording of any length: the language model receives as much of its end as the window allows, and the generated audio is appended to the recording itself.
/// </summary>
internal sealed class RecordingContinuation : IDisposable
{
    /// <summary>Seconds over which the recording changes to the codec's reconstruction of it, which precedes the generated audio.</summary>
    private const double CrossFadeSeconds = 0.03;

    private readonly Tensor recording;
    private readonly long contextSamples, newSamples;
    private readonly int fadeSamples;

    /// <param name="model">The model.</param>
    /// <param name="recording">[B, C, T] with the model's sample rate and channels. The new object owns it.</param>
    /// <param name="parameters">The parameters of the call; the duration is that of the audio after the recording.</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is less than a sample.</exception>
    public RecordingContinuation(BaseGenModel model, Tensor recording, GenerationParams parameters)
    {
        this.recording = recording;
        newSamples = (long)Math.Round(Math.Min(parameters.Duration * model.SampleRate, long.MaxValue / 2));
        if (newSamples < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(parameters), parameters.Duration, $"{nameof(GenerationParams.Duration)} of {parameters.Duration} s is less than one sample.");
        }

        // Where the channels alternate in time, two frames have the samples of one.
        var unit = model.CompressionModel is InterleaveStereoCompressionModel { PerTimestep: true } ? 2 : 1;
        var samplesPerUnit = Math.Max(1, (long)Math.Round(unit * model.SampleRate / model.FrameRate));
        var newFrames = unit * (((newSamples - 1) / samplesPerUnit) + 1);
        var contextFrames = Math.Clamp(recording.size(2) / samplesPerUnit, 1, Math.Max(1, ContextFrames(model, parameters, newFrames) / unit)) * unit;
        contextSamples = contextFrames / unit * samplesPerUnit;
        fadeSamples = (int)Math.Min(Math.Min(contextSamples, recording.size(2)), (long)(CrossFadeSeconds * model.SampleRate));
        Parameters = parameters with { Duration = Seconds(contextFrames + newFrames, model.FrameRate) };
    }

    /// <summary>The parameters for generating the context and the audio after it.</summary>
    public GenerationParams Parameters { get; }

    /// <summary>The end of the recording in whole frames, [B, C, T], which the caller owns. A recording shorter than a frame is preceded by silence.</summary>
    public Tensor Context()
    {
        using var scope = NewDisposeScope();
        var missing = Math.Max(0, contextSamples - recording.size(2));
        var end = recording.narrow(2, recording.size(2) - contextSamples + missing, contextSamples - missing);
        return (missing == 0 ? end.clone() : nn.functional.pad(end, (missing, 0))).DetachFromDisposeScope();
    }

    /// <summary>Joins the recording and the generated audio with a linear cross-fade at the end of the recording: both signals there are the same sound, so that gains which add up to 1 keep its level.</summary>
    /// <param name="audio">[B, C, T]: the decoded context and the audio after it.</param>
    /// <returns>[B, C, samples of the recording and of the duration], on the device of <paramref name="audio"/>; the caller owns it.</returns>
    public Tensor Join(Tensor audio)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var whole = recording.to(audio.device);
        var kept = whole.size(2) - fadeSamples;
        var fadeIn = tensor([.. Enumerable.Range(0, fadeSamples).Select(i => (i + 0.5f) / fadeSamples)], device: audio.device);
        var mixed = whole.narrow(2, kept, fadeSamples).lerp(audio.narrow(2, contextSamples - fadeSamples, fadeSamples), fadeIn);
        return cat([whole.narrow(2, 0, kept), mixed, audio.narrow(2, contextSamples, newSamples)], 2).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => recording.Dispose();

    /// <summary>Frames of the recording that the window has room for beside the new frames, or beside those by which the window moves.</summary>
    private static long ContextFrames(BaseGenModel model, GenerationParams parameters, long newFrames)
    {
        var window = (long)(model.MaxDuration * model.FrameRate);
        var stride = (long)Math.Min(parameters.ExtendStride * model.FrameRate, int.MaxValue);
        return window - Math.Min(newFrames, stride < window ? Math.Max(1, stride) : window - 1);
    }

    /// <summary>A duration that has exactly this number of frames after truncation.</summary>
    private static double Seconds(long frames, double frameRate)
    {
        var seconds = frames / frameRate;
        return seconds * frameRate < frames ? Math.BitIncrement(seconds) : seconds;
    }
}
