using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>
/// Generates tokens of any length: in one window of the language model, or in several, each beginning with the end of the one before
/// (<c>_generate_tokens</c> of audiocraft/models/genmodel.py). Lengths are truncated as upstream truncates them, in the same order.
/// </summary>
internal sealed class WindowedGeneration
{
    private readonly BaseGenModel model;
    private readonly GenerationParams parameters;
    private readonly int promptFrames;
    private readonly int strideFrames;
    private readonly List<(int Prompt, int Frames)> windows;

    /// <param name="model">The model.</param>
    /// <param name="parameters">How to generate.</param>
    /// <param name="promptFrames">Frames of the prompt, 0 for none.</param>
    /// <exception cref="ArgumentException">The duration is less than a frame, the prompt not shorter than it, or the stride does not fit the window.</exception>
    public WindowedGeneration(BaseGenModel model, GenerationParams parameters, int promptFrames)
    {
        (this.model, this.parameters, this.promptFrames) = (model, parameters, promptFrames);
        strideFrames = Frames(parameters.ExtendStride);
        Check();
        windows = Plan();
        TotalSteps = windows.Sum(window => TokenGenerator.StepCount(model.LM, window.Frames, window.Prompt));
    }

    /// <summary>Steps of the language model, over all windows, for items that are generated together.</summary>
    public int TotalSteps { get; }

    private bool IsOneWindow => parameters.Duration <= model.MaxDuration;

    /// <summary>Seconds that are generated at once, and the frames of the longest prompt that a window begins with.</summary>
    public (int Frames, int Prompt) LargestWindow => (windows.Max(window => window.Frames), windows.Max(window => window.Prompt));

    /// <summary>Codes [B, K, F] int64, a prompt's included, of a part of a request's items. The caller owns them.</summary>
    /// <param name="conditions">What the conditions say of these items.</param>
    /// <param name="draws">The random numbers of each of these items.</param>
    /// <param name="prompt">The prompt's codes [B, K, T] of these items, or null.</param>
    /// <param name="onStep">Called after each step.</param>
    /// <param name="cancellationToken">Heeded between steps.</param>
    /// <param name="onFrame">Gets the codes [B, K] of each frame after the prompt as soon as all of them are known.</param>
    public Tensor Generate(
        ConditionTensors conditions, DrawSequence[] draws, Tensor? prompt, Action? onStep, CancellationToken cancellationToken, Action<long[,]>? onFrame = null)
    {
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        if (prompt is not null && !IsOneWindow)
        {
            parts.Add(prompt);
        }

        foreach (var (promptLength, frames) in windows)
        {
            var request = new TokenRequest
            {
                BatchSize = draws.Length,
                Frames = frames,
                Prompt = prompt,
                Conditions = conditions,
                Parameters = parameters,
                Draws = draws,
            };
            var tokens = TokenGenerator.Generate(model.LM, request, onStep, cancellationToken, onFrame);
            if (IsOneWindow)
            {
                return tokens.MoveToOuterDisposeScope();
            }

            parts.Add(tokens.narrow(2, promptLength, frames - promptLength));
            prompt = frames > strideFrames ? tokens.narrow(2, strideFrames, frames - strideFrames) : null;
        }

        return cat(parts, 2).MoveToOuterDisposeScope();
    }

    private int Frames(double seconds) => (int)Math.Min(seconds * model.FrameRate, int.MaxValue);

    private void Check()
    {
        if (parameters.Duration * model.FrameRate > int.MaxValue / 4)
        {
            throw Bad(nameof(GenerationParams.Duration), parameters.Duration, "more frames than can be counted");
        }

        if (Frames(parameters.Duration) < 1)
        {
            throw Bad(nameof(GenerationParams.Duration), parameters.Duration, $"less than one frame of {1 / model.FrameRate} s");
        }

        if (!IsOneWindow && parameters.ExtendStride >= model.MaxDuration)
        {
            throw Bad(nameof(GenerationParams.ExtendStride), parameters.ExtendStride,
                $"not less than the model's window of {model.MaxDuration} s, which a duration of {parameters.Duration} s has to move");
        }

        if (!IsOneWindow && strideFrames < 1)
        {
            throw Bad(nameof(GenerationParams.ExtendStride), parameters.ExtendStride, $"less than one frame of {1 / model.FrameRate} s");
        }

        var window = Frames(Math.Min(parameters.Duration, model.MaxDuration));
        if (promptFrames >= window)
        {
            throw new ArgumentException(
                $"The prompt of {promptFrames / model.FrameRate} s ({promptFrames} frames) is not shorter than what is generated at once, "
                + $"{window / model.FrameRate} s ({window} frames): shorten it, or generate for longer.");
        }
    }

    private List<(int Prompt, int Frames)> Plan()
    {
        var total = Frames(parameters.Duration);
        if (IsOneWindow)
        {
            return [(promptFrames, total)];
        }

        var plan = new List<(int, int)>();
        var (offset, prompt) = (0, promptFrames);
        while (offset + prompt < total)
        {
            var frames = Frames(Math.Min(parameters.Duration - (offset / model.FrameRate), model.MaxDuration));

            // Truncation can take the last frame of the last window away; upstream fails there.
            frames = Math.Max(frames, Math.Min(prompt + 1, total - offset));
            plan.Add((prompt, frames));
            prompt = Math.Max(0, frames - strideFrames);
            offset += strideFrames;
        }

        return plan;
    }

    private static ArgumentOutOfRangeException Bad(string name, double value, string why) => new(name, value, $"{name} of {value} s is {why}.");
}
