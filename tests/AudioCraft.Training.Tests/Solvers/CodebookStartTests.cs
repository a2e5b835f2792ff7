using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests;

public class CodebookStartTests
{
    [Fact]
    public void Codes_whose_vectors_are_alike_begin_with_embeddings_and_output_weights_that_are_alike()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        using var codec = CompressionModel.GetPretrained("audiogen-tiny", CPU);
        using var model = NewModel(codec.Cardinality);
        var before = Weights(model).ToDictionary(w => w.Name, w => w.Value.clone());
        CodebookStart.Apply(model, codec);
        foreach (var (name, value) in Weights(model))
        {
            var codebook = name.Split('.')[1][0] - '0';
            var codes = zeros(1, codebook + 1, codec.Cardinality, ScalarType.Int64);
            codes[0, codebook].copy_(arange(codec.Cardinality));
            var vectors = codec.DecodeLatent(codes)[0].transpose(0, 1);
            Assert.InRange(Agreement(vectors, before[name]), -0.15, 0.15);
            Assert.InRange(Agreement(vectors, value), 0.4, 1);
            var (spread, drawn) = (value.square().mean().sqrt().item<float>(), before[name].square().mean().sqrt().item<float>());
            Assert.InRange(spread, 0.9 * drawn, 1.1 * drawn);
        }
    }

    [Fact]
    public void The_special_tokens_embedding_stays_as_it_was()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        using var codec = CompressionModel.GetPretrained("audiogen-tiny", CPU);
        using var model = NewModel(codec.Cardinality);
        var embedding = model.named_parameters().Single(p => p.name == "emb.2.weight").parameter;
        var special = embedding[codec.Cardinality].clone();
        CodebookStart.Apply(model, codec);
        Assert.True(special.Equals(embedding[codec.Cardinality]));
    }

    [Fact]
    public void Another_number_of_codes_is_refused()
    {
        using var codec = CompressionModel.GetPretrained("audiogen-tiny", CPU);
        using var model = TinyLanguage.NewModel();
        Assert.Contains("1024", Assert.Throws<ArgumentException>(() => CodebookStart.Apply(model, codec)).Message, StringComparison.Ordinal);
    }

    private static LMModel NewModel(int cardinality) => LanguageModelFactory.New(TinyLanguage.Config with { Cardinality = cardinality, Dim = 64 }, TinyLanguage.Tokenizer, TinyLanguage.Text);

    private static IEnumerable<(string Name, Tensor Value)> Weights(LMModel model) => model.named_parameters()
        .Where(p => p.name.StartsWith("emb.", StringComparison.Ordinal) || p.name.StartsWith("linears.", StringComparison.Ordinal))
        .Select(p => (p.name, p.parameter.detach()));

    /// <summary>Correlation of the distances between the first codes' vectors with those between their weights.</summary>
    private static double Agreement(Tensor vectors, Tensor weights)
    {
        const int Count = 200;
        var deviation = vectors.std(0, unbiased: false, keepdim: true).clamp_min(1e-6f);
        Tensor first = Distances(vectors / deviation), second = Distances(weights);
        return ((first * second).mean() / (first.square().mean() * second.square().mean()).sqrt()).item<float>();

        static Tensor Distances(Tensor rows)
        {
            var some = rows.narrow(0, 0, Count);
            var apart = (some.unsqueeze(0) - some.unsqueeze(1)).square().sum(-1);
            var pairs = apart[ones(Count, Count, ScalarType.Bool).triu(1)];
            return pairs - pairs.mean();
        }
    }
}
