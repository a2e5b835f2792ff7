using AudioCraft;
using TorchSharp;

namespace TextToSound;

/// <summary>A sound to go on from.</summary>
internal sealed class Start(torch.Tensor wav, int sampleRate) : IDisposable
{
    private torch.Tensor wav = wav;

    public double Seconds => (double)wav.size(-1) / sampleRate;

    public static Start Read(string file)
    {
        var (wav, sampleRate) = AudioFile.Read(file);
        return new Start(wav, sampleRate);
    }

    public void KeepLast(double seconds)
    {
        using var whole = wav;
        var samples = (long)(seconds * sampleRate);
        wav = whole.narrow(-1, whole.size(-1) - samples, samples);
    }

    /// <summary>One sound for each description, or one where there is none.</summary>
    public torch.Tensor GoOn(AudioGen model, IReadOnlyList<string> descriptions, GenerationParams parameters, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        using var prompts = wav.unsqueeze(0).expand(Math.Max(1, descriptions.Count), -1, -1);
        return model.GenerateContinuation(prompts, sampleRate, descriptions.Count == 0 ? null : descriptions, parameters, progress, cancellationToken);
    }

    public void Dispose() => wav.Dispose();
}
