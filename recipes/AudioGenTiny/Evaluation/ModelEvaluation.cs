using AudioCraft;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>Generates audio for a <see cref="PromptEvaluation"/>.</summary>
public static class ModelEvaluation
{
    /// <summary>The generator for <see cref="PromptEvaluation.Run"/>: the generation parameters of the model, with the seed of each prompt.</summary>
    /// <param name="model">The model. Its generation parameters apply, except duration and seeds.</param>
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
