using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>Generates tokens step by step (<c>LMModel.generate</c> of audiocraft/models/lm.py), in one window of the model.</summary>
internal static class TokenGenerator
{
    private const long Unknown = -1;

    /// <summary>How many steps a request takes.</summary>
    /// <param name="model">The language model.</param>
    /// <param name="frames">Frames of the result.</param>
    /// <param name="promptFrames">Frames of the prompt, fewer.</param>
    public static int StepCount(LMModel model, int frames, int promptFrames)
    {
        var pattern = model.PatternProvider.GetPattern(frames);
        return pattern.Layout.Count - FirstStep(pattern, promptFrames);
    }

    /// <summary>The codes [B, K, frames] int64 of a request, on the model's device. The caller owns them.</summary>
    /// <param name="model">The language model.</param>
    /// <param name="request">What to generate.</param>
    /// <param name="onStep">Called after each step.</param>
    /// <param name="cancellationToken">Heeded between steps.</param>
    /// <param name="onFrame">Gets the codes [B, K] of each frame after the prompt, as soon as all of them are known.</param>
    public static Tensor Generate(
        LMModel model, TokenRequest request, Action? onStep, CancellationToken cancellationToken, Action<long[,]>? onFrame = null)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var pattern = model.PatternProvider.GetPattern(request.Frames);
        var steps = pattern.Layout.Count;
        var promptFrames = request.Prompt is null ? 0 : (int)request.Prompt.size(2);
        var sequences = Start(model, request, pattern, promptFrames);
        var feed = onFrame is null ? null : new FrameFeed(pattern, promptFrames, onFrame);
        var passes = GuidancePass.Create(model, request, steps);
        try
        {
            var taken = 0;
            for (var step = FirstStep(pattern, promptFrames); step < steps; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var pass in passes)
                {
                    pass.Step(sequences, taken, step);
                }

                Choose(model, request, passes, sequences, step);
                taken = step;
                feed?.Known(sequences, step);
                onStep?.Invoke();
            }
        }
        finally
        {
            foreach (var pass in passes)
            {
                pass.Dispose();
            }
        }

        return Finish(model, request, pattern, sequences).MoveToOuterDisposeScope();
    }

    /// <summary>The first step that is not given by the prompt: the first to hold the frame after it, of any codebook.</summary>
    private static int FirstStep(CodebookPattern pattern, int promptFrames)
    {
        var step = pattern.FirstStepWithTimestep(promptFrames)
            ?? throw new ArgumentException($"The pattern of {pattern.Timesteps} frames does not hold frame {promptFrames}, so nothing can be generated after a prompt of that length.");
        return step > 0 ? step : throw new ArgumentException("A pattern without the special token needs a prompt to begin with.");
    }

    private static long[][,] Start(LMModel model, TokenRequest request, CodebookPattern pattern, int promptFrames)
    {
        var index = pattern.SequenceIndexes(request.Frames);
        var (codebooks, steps) = (index.GetLength(0), index.GetLength(1));
        var prompt = request.Prompt is null ? [] : request.Prompt.cpu().contiguous().data<long>().ToArray();
        var sequences = new long[request.BatchSize][,];
        for (var item = 0; item < request.BatchSize; item++)
        {
            var sequence = sequences[item] = new long[codebooks, steps];
            for (var k = 0; k < codebooks; k++)
            {
                for (var step = 0; step < steps; step++)
                {
                    var frame = index[k, step] - (k * request.Frames);
                    sequence[k, step] = index[k, step] < 0 ? model.SpecialToken
                        : frame < promptFrames ? prompt[(((item * codebooks) + k) * promptFrames) + frame]
                        : Unknown;
                }
            }
        }

        return sequences;
    }

    private static void Choose(LMModel model, TokenRequest request, IReadOnlyList<GuidancePass> passes, long[][,] sequences, int step)
    {
        var guided = new float[model.Config.Cardinality];
        for (var item = 0; item < request.BatchSize; item++)
        {
            for (var k = 0; k < model.NumCodebooks; k++)
            {
                // Cells of the prompt and of the special token are as they are.
                if (sequences[item][k, step] != Unknown)
                {
                    continue;
                }

                Array.Clear(guided);
                foreach (var pass in passes)
                {
                    pass.AddTo(guided, item, k);
                }

                if (!float.IsFinite(guided[TokenSampler.LikeliestIndex(guided)]))
                {
                    throw new AudioCraftException($"The language model's logits at step {step} are not finite: its weights are damaged, or overflow in {model.Config.Dim} dimensions of this precision.");
                }

                var uniform = request.Parameters.UseSampling ? request.Draws[item].Next() : 0;
                sequences[item][k, step] = TokenSampler.Choose(guided, request.Parameters, uniform);
            }
        }
    }

    private static Tensor Finish(LMModel model, TokenRequest request, CodebookPattern pattern, long[][,] sequences)
    {
        var steps = pattern.Layout.Count;
        var index = pattern.RevertedIndexes(steps);
        var codebooks = index.GetLength(0);
        var codes = new long[request.BatchSize * codebooks * request.Frames];
        var at = 0;
        foreach (var sequence in sequences)
        {
            for (var k = 0; k < codebooks; k++)
            {
                for (var t = 0; t < request.Frames; t++)
                {
                    codes[at++] = sequence[k, index[k, t] - (k * steps)];
                }
            }
        }

        return tensor(codes, [request.BatchSize, codebooks, request.Frames], device: model.Device);
    }
}
