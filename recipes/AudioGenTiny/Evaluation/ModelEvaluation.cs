using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>Asks a text-to-sound model the questions of <see cref="PromptEvaluation"/>.</summary>
public static class ModelEvaluation
{
    /// <summary>What <see cref="PromptEvaluation.Run"/> calls to have prompts answered by a model: with its generation parameters, and each item's draws from its prompt's seed.</summary>
    /// <param name="model">The model. Its generation parameters apply, but for duration and seeds.</param>
    /// <param name="seconds">Length of the clips.</param>
    public static Func<IReadOnlyList<EvaluationPrompt>, IReadOnlyList<float[]>> Generator(BaseGenModel model, double seconds = 5)
    {
        ArgumentNullException.ThrowIfNull(model);
        return prompts =>
        {
            using var scope = NewDisposeScope();
            var parameters = model.GenerationParams with { Duration = seconds, ItemSeeds = [.. prompts.Select(p => p.Seed)] };
            var audio = model.Generate([.. prompts.Select(p => p.Description)], parameters).cpu();
            return [.. Enumerable.Range(0, prompts.Count).Select(i => audio[i, 0].contiguous().data<float>().ToArray())];
        };
    }
}
