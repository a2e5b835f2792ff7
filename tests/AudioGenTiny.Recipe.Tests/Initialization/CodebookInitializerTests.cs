using AudioCraft;
using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe.Tests;

public class CodebookInitializerTests
{
    private static readonly SentencePieceTokenizer Tokenizer =
        SentencePieceTokenizer.Load(new MemoryStream(UnigramTrainer.Train(["a low hum", "a high beep"], new UnigramTrainerOptions { VocabularySize = 40 })));

    [Fact]
    public void Codes_with_similar_vectors_get_similar_embeddings_and_output_weights()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        using var codec = CompressionModel.GetPretrained("audiogen-tiny", CPU);
        using var model = NewModel(codec.Cardinality);
        var before = Weights(model).ToDictionary(w => w.Name, w => w.Value.clone());
        CodebookInitializer.Initialize(model, codec);
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
    public void Embedding_of_the_special_token_is_not_changed()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        using var codec = CompressionModel.GetPretrained("audiogen-tiny", CPU);
        using var model = NewModel(codec.Cardinality);
        var embedding = model.named_parameters().Single(p => p.name == "emb.2.weight").parameter;
        var special = embedding[codec.Cardinality].clone();
        CodebookInitializer.Initialize(model, codec);
        Assert.True(special.Equals(embedding[codec.Cardinality]));
    }

    [Fact]
    public void Codec_with_another_cardinality_is_rejected()
    {
        using var codec = CompressionModel.GetPretrained("audiogen-tiny", CPU);
        using var model = NewModel(64);
        Assert.Contains("1024", Assert.Throws<ArgumentException>(() => CodebookInitializer.Initialize(model, codec)).Message, StringComparison.Ordinal);
    }

    private static LMModel NewModel(int cardinality) => LanguageModelFactory.New(
        new LMConfig { Cardinality = cardinality, Dim = 64, NumHeads = 2, NumLayers = 2, HiddenScale = 2 },
        Tokenizer,
        new T5Config { VocabularySize = Tokenizer.PieceCount, ModelDimension = 16, HeadDimension = 8, HeadCount = 2, FeedForwardDimension = 32, LayerCount = 2 });

    private static IEnumerable<(string Name, Tensor Value)> Weights(LMModel model) => model.named_parameters()
        .Where(p => p.name.StartsWith("emb.", StringComparison.Ordinal) || p.name.StartsWith("linears.", StringComparison.Ordinal))
        .Select(p => (p.name, p.parameter.detach()));

    /// <summary>The correlation between the distances of the first codes' vectors and the distances of their weights.</summary>
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
