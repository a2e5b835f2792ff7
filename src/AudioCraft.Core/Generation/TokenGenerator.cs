using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>
/// Generates tokens in one window of the language model, one decoding step at a time (<c>LMModel.generate</c> of audiocraft/models/lm.py).
/// It may move between threads.
/// </summary>
internal sealed class TokenGenerator : IDisposable
{
    private const long Unknown = -1;

    private readonly LMModel model;
    private readonly TokenRequest request;
    private readonly int steps, firstStep;

    /// <summary>The tokens of each item by step, [K, steps].</summary>
    private readonly long[][,] sequences;

    /// <summary>Index of each code in the sequences [K, F], and the step after which all codes of a frame are known.</summary>
    private readonly int[,] cells;
    private readonly int[] knownAfter;

    private readonly IReadOnlyList<GuidancePass> passes;
    private readonly float[] guided;
    private int step, taken, nextFrame;

    /// <summary>Creates the state of the sequences.</summary>
    /// <param name="model">The language model.</param>
    /// <param name="request">What to generate.</param>
    public TokenGenerator(LMModel model, TokenRequest request)
    {
        (this.model, this.request) = (model, request);
        using var use = model.Lifetime.Enter();
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var pattern = model.PatternProvider.GetPattern(request.Frames);
        steps = pattern.Steps.Count;
        cells = pattern.RevertedIndexes(steps);
        knownAfter = [.. Enumerable.Range(0, request.Frames).Select(t => Enumerable.Range(0, model.NumCodebooks).Max(k => StepOf(k, t)))];
        sequences = Start(pattern);
        guided = new float[model.Config.Cardinality];
        nextFrame = request.Prompt.Count;
        step = firstStep = FirstStep(pattern, request.Prompt.Count);
        passes = GuidancePass.Create(model, request, steps);
    }

    /// <summary>Whether all frames have been generated.</summary>
    public bool IsDone => step >= steps;

    /// <summary>Returns the number of decoding steps of a request.</summary>
    /// <param name="model">The language model.</param>
    /// <param name="frames">Frames of the result.</param>
    /// <param name="promptFrames">Frames of the prompt, less than <paramref name="frames"/>.</param>
    public static int StepCount(LMModel model, int frames, int promptFrames)
    {
        var pattern = model.PatternProvider.GetPattern(frames);
        return pattern.Steps.Count - FirstStep(pattern, promptFrames);
    }

    /// <summary>Generates all frames at once.</summary>
    /// <returns>[B, K, frames] int64, the prompt included.</returns>
    public static Tensor Generate(LMModel model, TokenRequest request, Action? onStep = null, CancellationToken cancellationToken = default)
    {
        using var generator = new TokenGenerator(model, request);
        var frames = new List<long[,]>(request.Prompt);
        while (!generator.IsDone)
        {
            cancellationToken.ThrowIfCancellationRequested();
            frames.AddRange(generator.Step());
            onStep?.Invoke();
        }

        return CodeFrames.ToTensor(frames, model.Device);
    }

    /// <summary>Computes one decoding step.</summary>
    /// <returns>The frames that this step completes, each [B, K]. With a delay pattern the first frame is complete after K steps.</returns>
    /// <exception cref="AudioCraftException">The model's logits are not finite.</exception>
    /// <exception cref="ObjectDisposedException">The language model was disposed.</exception>
    public IReadOnlyList<long[,]> Step()
    {
        using var use = model.Lifetime.Enter();
        using (no_grad())
        {
            foreach (var pass in passes)
            {
                pass.Step(sequences, taken, step);
            }
        }

        Choose();
        taken = step++;
        var frames = new List<long[,]>();
        for (; nextFrame < knownAfter.Length && knownAfter[nextFrame] <= taken; nextFrame++)
        {
            frames.Add(Frame(nextFrame));
        }

        return frames;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pass in passes)
        {
            pass.Dispose();
        }
    }

    /// <summary>The first step that contains a code of the frame after the prompt.</summary>
    private static int FirstStep(CodebookPattern pattern, int promptFrames)
    {
        var step = pattern.FirstStepWithTimestep(promptFrames)
            ?? throw new ArgumentException($"The pattern of {pattern.Timesteps} frames does not contain frame {promptFrames}, so nothing can be generated after a prompt of that length.");
        return step > 0 ? step : throw new ArgumentException("A pattern without the special token needs a prompt.");
    }

    private long[][,] Start(CodebookPattern pattern)
    {
        var index = pattern.SequenceIndexes(request.Frames);
        var codebooks = index.GetLength(0);
        var start = new long[request.BatchSize][,];
        for (var item = 0; item < request.BatchSize; item++)
        {
            var sequence = start[item] = new long[codebooks, steps];
            for (var k = 0; k < codebooks; k++)
            {
                for (var s = 0; s < steps; s++)
                {
                    var frame = index[k, s] - (k * request.Frames);
                    sequence[k, s] = index[k, s] < 0 ? model.SpecialToken
                        : frame < request.Prompt.Count ? request.Prompt[frame][item, k]
                        : Unknown;
                }
            }
        }

        return start;
    }

    private void Choose()
    {
        for (var item = 0; item < request.BatchSize; item++)
        {
            for (var k = 0; k < model.NumCodebooks; k++)
            {
                // The prompt and the special token are known.
                if (sequences[item][k, step] != Unknown)
                {
                    continue;
                }

                Array.Clear(guided);
                var isValid = true;
                foreach (var pass in passes)
                {
                    isValid &= pass.AddTo(guided, item, k);
                }

                if (!isValid || !TokenSampler.CanChoose(guided))
                {
                    throw new AudioCraftException(
                        $"The language model's logits at decoding step {step - firstStep + 1} of {steps - firstStep} are not finite (item {item}, codebook {k}): "
                        + $"its weights are damaged, or values overflow in this precision (dimension {model.Config.Dim}).");
                }

                var uniform = request.Parameters.UseSampling ? request.Random[item].Next() : 0;
                sequences[item][k, step] = TokenSampler.Choose(guided, request.Parameters, uniform);
            }
        }
    }

    private long[,] Frame(int t)
    {
        var codes = new long[request.BatchSize, model.NumCodebooks];
        for (var item = 0; item < request.BatchSize; item++)
        {
            for (var k = 0; k < model.NumCodebooks; k++)
            {
                codes[item, k] = sequences[item][k, StepOf(k, t)];
            }
        }

        return codes;
    }

    private int StepOf(int codebook, int frame) => cells[codebook, frame] - (codebook * steps);
}
