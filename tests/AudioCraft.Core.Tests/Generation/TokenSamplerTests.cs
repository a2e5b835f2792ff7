using System.Text.Json;
using AudioCraft.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

public class TokenSamplerTests
{
    public static TheoryData<string> Cases()
    {
        using var json = Golden.Config("sampling");
        return [.. json.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sampling_distribution_matches_upstream(string name)
    {
        using var scope = NewDisposeScope();
        using var json = Golden.Config("sampling");
        using var io = Golden.Tensors("sampling");
        var arguments = json.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        var logits = io.Read($"{name}/logits");
        var values = logits.data<float>().ToArray();
        var card = (int)logits.size(-1);
        var kept = new List<long>();
        var afterSoftmax = new float[values.Length];
        for (var row = 0; row < values.Length / card; row++)
        {
            var span = values.AsSpan(row * card, card);
            TokenSampler.Softmax(span, arguments.GetProperty("temp").GetDouble());
            span.CopyTo(afterSoftmax.AsSpan(row * card));
            TokenSampler.Filter(span, arguments.GetProperty("top_k").GetInt32(), arguments.GetProperty("top_p").GetDouble());
            kept.Add(span.ToArray().LongCount(p => p > 0));
        }

        Near.Equal(io.Read($"{name}/probs"), tensor(afterSoftmax, logits.shape), 1e-6);
        Near.Equal(io.Read($"{name}/filtered"), tensor(values, logits.shape), 1e-6);
        if (io.Tensors.ContainsKey($"{name}/nonzero"))
        {
            Exactly.Equal(io.Read($"{name}/nonzero"), tensor(kept.ToArray(), logits.shape.AsSpan()[..^1]));
        }
    }

    [Fact]
    public void Samples_follow_the_distribution()
    {
        float[] probabilities = [0.1f, 0, 0.6f, 0.3f];
        var counts = new int[4];
        var draws = new RandomSequence(7, 0);
        const int Count = 100_000;
        for (var i = 0; i < Count; i++)
        {
            counts[TokenSampler.Sample(probabilities, draws.Next())]++;
        }

        Assert.Equal(0, counts[1]);
        for (var i = 0; i < counts.Length; i++)
        {
            // Five standard deviations of a binomial count are below 800 here.
            Assert.InRange(counts[i], (probabilities[i] * Count) - 800, (probabilities[i] * Count) + 800);
        }
    }

    [Fact]
    public void Ends_of_the_unit_interval_sample_possible_tokens()
    {
        float[] probabilities = [0, 0.5f, 0.5f, 0];
        Assert.Equal(1, TokenSampler.Sample(probabilities, 0));
        Assert.Equal(2, TokenSampler.Sample(probabilities, 1 - (1.0 / (1UL << 53))));
        Assert.Equal(2, TokenSampler.Sample([0, 0, 1e-30f, 0], 0.5));
    }

    [Fact]
    public void No_sampling_or_temperature_zero_uses_the_argmax()
    {
        float[] logits = [1, 5, 5, 2];
        Assert.Equal(1, TokenSampler.Choose(logits.AsSpan().ToArray(), new GenerationParams { UseSampling = false }, 0.99));
        Assert.Equal(1, TokenSampler.Choose(logits.AsSpan().ToArray(), new GenerationParams { Temperature = 0 }, 0.99));
    }

    [Fact]
    public void Same_seed_gives_same_numbers_and_repeated_descriptions_differ()
    {
        static double[] Take(RandomSequence draws) => [.. Enumerable.Range(0, 5).Select(_ => draws.Next())];
        var alone = RandomSequence.ForItems(3, ["rain"]);
        var among = RandomSequence.ForItems(3, ["wind", "rain", "rain"]);
        Assert.Equal(Take(alone[0]), Take(among[1]));
        Assert.NotEqual(Take(among[1]), Take(among[2]));
        Assert.NotEqual(Take(RandomSequence.ForItems(4, ["rain"])[0]), Take(alone[0]));
        Assert.All(Take(alone[0]), u => Assert.InRange(u, 0, 1));
    }
}
