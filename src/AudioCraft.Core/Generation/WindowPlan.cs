namespace AudioCraft.Generation;

/// <summary>
/// Divides a duration into windows of the language model, each of which begins with the end of the one before
/// (<c>_generate_tokens</c> of audiocraft/models/genmodel.py). Lengths are truncated as upstream truncates them, in the same order.
/// </summary>
internal sealed class WindowPlan
{
    /// <summary>The largest number of windows: 55 hours of AudioGen with the default stride.</summary>
    private const int MaxWindows = 100_000;

    private readonly BaseGenModel model;
    private readonly GenerationParams parameters;
    private readonly int promptFrames;

    /// <param name="model">The model.</param>
    /// <param name="parameters">The parameters of the request.</param>
    /// <param name="promptFrames">Frames of the prompt, 0 for none.</param>
    /// <exception cref="ArgumentException">The duration is less than a frame, the prompt has not fewer frames than the duration, or the stride does not fit the window.</exception>
    public WindowPlan(BaseGenModel model, GenerationParams parameters, int promptFrames)
    {
        (this.model, this.parameters, this.promptFrames) = (model, parameters, promptFrames);
        StrideFrames = Frames(parameters.ExtendStride);
        Check(model, parameters, promptFrames);
        Windows = Plan();
        TotalSteps = Windows.Sum(window => TokenGenerator.StepCount(model.LM, window.Frames, window.Prompt));
    }

    /// <summary>For each window the number of frames that it repeats from the audio before it, and its length in frames.</summary>
    public IReadOnlyList<(int Prompt, int Frames)> Windows { get; }

    /// <summary>The stride in frames.</summary>
    public int StrideFrames { get; }

    /// <summary>Decoding steps of all windows.</summary>
    public int TotalSteps { get; }

    /// <summary>Length of the longest window and of the longest prompt of a window, in frames.</summary>
    public (int Frames, int Prompt) LargestWindow => (Windows.Max(window => window.Frames), Windows.Max(window => window.Prompt));

    private bool IsOneWindow => Frames(parameters.Duration) <= Frames(model.MaxDuration);

    /// <summary>Checks the durations without planning.</summary>
    /// <param name="model">The model.</param>
    /// <param name="parameters">The parameters of the request.</param>
    /// <param name="promptFrames">Frames of the prompt, 0 for none.</param>
    /// <exception cref="ArgumentException">The duration is less than a frame, the prompt has not fewer frames than the duration, or the stride does not fit the window.</exception>
    public static void Check(BaseGenModel model, GenerationParams parameters, long promptFrames)
    {
        var isOneWindow = Frames(model, parameters.Duration) <= Frames(model, model.MaxDuration);
        if (parameters.Duration * model.FrameRate > int.MaxValue / 4)
        {
            throw OutOfRange(nameof(GenerationParams.Duration), parameters.Duration, "more frames than are supported");
        }

        if (Frames(model, parameters.Duration) < 1)
        {
            throw OutOfRange(nameof(GenerationParams.Duration), parameters.Duration, $"less than one frame of {1 / model.FrameRate} s");
        }

        if (!isOneWindow && parameters.ExtendStride >= model.MaxDuration)
        {
            throw OutOfRange(nameof(GenerationParams.ExtendStride), parameters.ExtendStride,
                $"not less than the model's window of {model.MaxDuration} s, which must move to generate {parameters.Duration} s");
        }

        if (!isOneWindow && Frames(model, parameters.ExtendStride) < 1)
        {
            throw OutOfRange(nameof(GenerationParams.ExtendStride), parameters.ExtendStride, $"less than one frame of {1 / model.FrameRate} s");
        }

        if (!isOneWindow && (Frames(model, parameters.Duration) - Frames(model, model.MaxDuration)) / Frames(model, parameters.ExtendStride) > MaxWindows)
        {
            throw OutOfRange(nameof(GenerationParams.Duration), parameters.Duration, $"more than {MaxWindows} windows that move by {parameters.ExtendStride} s");
        }

        if (promptFrames >= Frames(model, parameters.Duration))
        {
            throw new ArgumentException(
                $"The prompt has {promptFrames} frames ({promptFrames / model.FrameRate} s), not fewer than the {Frames(model, parameters.Duration)} frames of the duration of {parameters.Duration} s, "
                + "which includes the prompt: use a longer duration or a shorter prompt.", nameof(parameters));
        }
    }

    private int Frames(double seconds) => Frames(model, seconds);

    private static int Frames(BaseGenModel model, double seconds) => (int)Math.Min(seconds * model.FrameRate, int.MaxValue);

    private List<(int Prompt, int Frames)> Plan()
    {
        var total = Frames(parameters.Duration);
        if (IsOneWindow)
        {
            return [(promptFrames, total)];
        }

        var plan = new List<(int, int)>();

        // A prompt that fills the first window (upstream fails there) is continued from its end, as the window would have moved to.
        var window = Frames(model.MaxDuration);
        var prompt = promptFrames < window ? promptFrames : window - StrideFrames;
        var offset = promptFrames - prompt;
        while (offset + prompt < total)
        {
            var frames = Frames(Math.Min(parameters.Duration - (offset / model.FrameRate), model.MaxDuration));

            // Truncation can remove the last frame of the last window; upstream fails there.
            frames = Math.Max(frames, Math.Min(prompt + 1, total - offset));
            plan.Add((prompt, frames));
            prompt = Math.Max(0, frames - StrideFrames);
            offset += StrideFrames;
        }

        return plan;
    }

    private static ArgumentOutOfRangeException OutOfRange(string name, double value, string why) => new(name, value, $"{name} of {value} s is {why}.");
}
