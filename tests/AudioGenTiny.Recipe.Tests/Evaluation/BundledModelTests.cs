using static TorchSharp.torch;

namespace AudioGenTiny.Recipe.Tests;

[Collection(TrainedClassifier.Name)]
public sealed class BundledModelTests(TrainedClassifier trained)
{
    /// <summary>A word and a sign that the vocabulary lacks. Measured: 25 of 30, 20 of a model of the same codes that had learnt without <see cref="UnknownWords"/>, and 26 of the last model of other codes.</summary>
    [Fact]
    public void The_bundled_model_generates_the_requested_kind_with_unknown_words_in_the_prompt()
    {
        using var model = AudioGen.GetPretrained("audiogen-tiny", CPU);
        var prompts = SoundCatalogue.Kinds.Select((kind, i) =>
        {
            var request = new SynthesisRequest(kind);
            return new EvaluationPrompt($"Listen: {SoundDescriber.Describe(request, i)}", request, 70_000_001 + i);
        }).ToList();
        var heard = PromptEvaluation.Run(trained.Classifier, prompts, ModelEvaluation.Generator(model), codec: null).Generated;
        Assert.True(heard.Kinds.Right >= 21, $"{heard.Kinds.Right} of {heard.Kinds.Count}; {string.Join(", ", heard.Mistakes.Select(m => $"{m.Asked} heard as {m.Heard}"))}");
    }
}
