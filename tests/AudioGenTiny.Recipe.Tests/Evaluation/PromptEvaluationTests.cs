namespace AudioGenTiny.Recipe.Tests;

[Collection(TrainedClassifier.Name)]
public sealed class PromptEvaluationTests(TrainedClassifier trained)
{
    [Fact]
    public void Perfect_audio_scores_like_originals_and_wrong_audio_does_not()
    {
        var prompts = EvaluationPrompt.HeldOut(2, seed: 99);
        var perfect = PromptEvaluation.Run(trained.Classifier, prompts, some => [.. some.Select(p => p.Original())], codec: null, batch: 7);
        Assert.Equal(["Originals", "Generated"], perfect.Columns.Select(c => c.Name));
        Assert.Equal(2 * SoundCatalog.Kinds.Count, perfect.Generated.Kinds.Count);
        Assert.Equal(perfect.Originals.Kinds, perfect.Generated.Kinds);
        Assert.Equal(perfect.Originals.Properties, perfect.Generated.Properties);
        Assert.True(perfect.Generated.Kinds.Percent >= 90, $"{perfect.Generated.Kinds}");

        var siren = SoundSynthesizer.Generate(new SynthesisRequest(SoundKind.Siren), 5);
        var wrong = PromptEvaluation.Run(trained.Classifier, prompts, some => [.. some.Select(_ => siren)], codec: sound => sound);
        Assert.Equal(new Tally(2, 2), wrong.Generated.Kind(SoundKind.Siren));
        Assert.Equal(new Tally(2, prompts.Count), wrong.Generated.Kinds);
        Assert.Equal(prompts.Count - 2, wrong.Generated.Mistakes.Sum(m => m.Times));
        Assert.Equal(wrong.Originals.Kinds, wrong.Columns[1].Kinds);

        var table = wrong.ToMarkdown();
        Assert.Contains("| Recognized as requested | Originals | Through the codec | Generated | of |", table, StringComparison.Ordinal);
        Assert.Contains("| siren | 100.0 % | 100.0 % | 100.0 % | 2 |", table, StringComparison.Ordinal);
        Assert.Contains("classified as siren (2)", table, StringComparison.Ordinal);
        Assert.All(SoundCatalog.Kinds, kind => Assert.Contains($"| {SoundWords.Names(kind)[0].Split('|')[1]} |", table, StringComparison.Ordinal));
    }

    [Fact]
    public void Prompts_are_held_out_repeatable_and_balanced()
    {
        var prompts = EvaluationPrompt.HeldOut(3, seed: 5);
        Assert.Equal(prompts, EvaluationPrompt.HeldOut(3, seed: 5));
        Assert.All(prompts.CountBy(p => p.Request.Kind), pair => Assert.Equal(3, pair.Value));
        Assert.All(prompts, p => Assert.Equal(p.Description, SoundDescriber.Describe(p.Request, p.Seed, SoundWording.HeldOut)));
    }

    [Fact]
    public void Too_few_generated_items_are_an_error()
    {
        var prompts = EvaluationPrompt.HeldOut(1, seed: 5);
        Assert.Contains("0 sounds", Assert.Throws<ArgumentException>(() => PromptEvaluation.Run(trained.Classifier, prompts, _ => [], null)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => PromptEvaluation.Run(trained.Classifier, [], null, null));
    }
}
