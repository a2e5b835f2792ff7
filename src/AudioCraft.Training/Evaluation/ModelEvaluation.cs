using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Asks a text-to-sound model the questions of <see cref="PromptEvaluation"/>.</summary>
public static class ModelEvaluation
{
    /// <summary>What <see cref="PromptEvaluation.Run"/> calls to have prompts answered by a model: with its generation parameters, and each item's draws from its prompt's seed.</summary>
    /// <param name="model">The model; its parameters are restored after each call.</param>
    /// <param name="seconds">Length of the clips.</param>
    public static Func<IReadOnlyList<EvaluationPrompt>, IReadOnlyList<float[]>> Generator(BaseGenModel model, double seconds = 5)
    {
        ArgumentNullException.ThrowIfNull(model);
        return prompts =>
        {
            var before = model.GenerationParams;
            model.GenerationParams = before with { Duration = seconds, ItemSeeds = [.. prompts.Select(p => p.Seed)] };
            try
            {
                using var scope = NewDisposeScope();
                var sounds = model.Generate([.. prompts.Select(p => p.Description)]).cpu();
                return [.. Enumerable.Range(0, prompts.Count).Select(i => sounds[i, 0].contiguous().data<float>().ToArray())];
            }
            finally
            {
                model.GenerationParams = before;
            }
        };
    }
}
