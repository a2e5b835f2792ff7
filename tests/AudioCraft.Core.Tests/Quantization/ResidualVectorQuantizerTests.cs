using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Quantization;

[Collection(ProcessWideState.Name)]
public class ResidualVectorQuantizerTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public ResidualVectorQuantizerTests() => manual_seed(20261127);

    [Fact]
    public void Code_is_the_nearest_entry_and_the_next_codebook_encodes_the_residual()
    {
        using var quantizer = Made(dimension: 2, codebooks: 2, bins: 2, [[0, 0], [4, 0]], [[0, 1], [1, 0]]);
        using var x = tensor(new float[] { 5, 0, 0, 1.5f }).view(1, 2, 2).contiguous();
        using var codes = quantizer.Encode(x);
        using var expected = tensor(new long[] { 1, 0, 1, 0 }).view(1, 2, 2);
        Exactly.Equal(expected, codes);
        using var decoded = quantizer.Decode(codes);
        using var sum = tensor(new float[] { 5, 0, 0, 1 }).view(1, 2, 2);
        Exactly.Equal(sum, decoded);
    }

    [Fact]
    public void Long_input_is_coded_in_chunks_to_the_same_codes()
    {
        // With 8192 entries a chunk has 512 rows.
        using var quantizer = new ResidualVectorQuantizer(dimension: 4, nQ: 2, bins: 8192, kmeansInit: false);
        quantizer.eval();
        using var x = randn(2, 4, 600);
        using var whole = quantizer.Encode(x);
        for (var start = 0; start < 600; start += 200)
        {
            using var part = x.narrow(2, start, 200);
            using var codes = quantizer.Encode(part);
            using var expected = whole.narrow(2, start, 200);
            Exactly.Equal(expected, codes);
        }
    }

    [Fact]
    public void Fewer_codebooks_give_the_first_codes_and_a_proportional_bandwidth()
    {
        using var quantizer = new ResidualVectorQuantizer(dimension: 8, nQ: 4, bins: 32, kmeansInit: false);
        quantizer.eval();
        using var x = randn(3, 8, 5);
        using var all = quantizer.forward(x, 50);
        quantizer.SetNumCodebooks(2);
        using var two = quantizer.forward(x, 50);
        using var first = all.Codes.narrow(1, 0, 2);
        Exactly.Equal(first, two.Codes);
        Assert.Equal(1.0f, all.Bandwidth.item<float>());
        Assert.Equal(0.5f, two.Bandwidth.item<float>());
        Assert.Equal(0f, two.Penalty!.item<float>());
        using var decoded = quantizer.Decode(two.Codes);
        Exactly.Equal(decoded, two.X);
    }

    [Fact]
    public void Only_results_stay_alive()
    {
        using var quantizer = new ResidualVectorQuantizer(dimension: 8, nQ: 4, bins: 32, kmeansInit: false);
        quantizer.eval();
        using var x = randn(3, 8, 5);
        LiveTensors.Left(6, () =>
        {
            var codes = quantizer.Encode(x);
            quantizer.Decode(codes);
            quantizer.forward(x, 50);
        });
    }

    [Fact]
    public void Buffer_names_match_upstream_and_a_new_quantizer_is_not_initialized()
    {
        using var quantizer = new ResidualVectorQuantizer(dimension: 3, nQ: 2, bins: 5);
        var state = quantizer.state_dict();
        Assert.Equal(
            new[] { "cluster_size", "embed", "embed_avg", "inited" }.SelectMany(b => new[] { $"vq.layers.0._codebook.{b}", $"vq.layers.1._codebook.{b}" }).Order(),
            state.Keys.Order());
        Assert.Equal(0f, state["vq.layers.0._codebook.inited"].item<float>());
        Assert.Equal([5, 3], state["vq.layers.1._codebook.embed"].shape);
        Assert.Empty(quantizer.parameters());
    }

    [Fact]
    public void Values_out_of_range_throw_with_their_name()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResidualVectorQuantizer(dimension: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResidualVectorQuantizer(nQ: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResidualVectorQuantizer(bins: -5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResidualVectorQuantizer(decay: 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResidualVectorQuantizer(decay: double.NaN));
        using var quantizer = new ResidualVectorQuantizer(dimension: 3, nQ: 2, bins: 5);
        using var wrong = zeros(1, 4, 2);
        Assert.Contains("[1, 4, 2]", Assert.Throws<ArgumentException>(() => quantizer.Encode(wrong)).Message, StringComparison.Ordinal);
        using var codes = full([1, 2, 2], 5L, ScalarType.Int64);
        Assert.Contains("5; codes are 0 to 4", Assert.Throws<ArgumentException>(() => quantizer.Decode(codes)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => quantizer.SetNumCodebooks(3));
    }

    private static ResidualVectorQuantizer Made(int dimension, int codebooks, int bins, params float[][][] entries)
    {
        var quantizer = new ResidualVectorQuantizer(dimension, codebooks, bins: bins);
        quantizer.eval();
        using var guard = no_grad();
        var state = quantizer.state_dict();
        for (var k = 0; k < codebooks; k++)
        {
            using var values = tensor(entries[k].SelectMany(e => e).ToArray());
            using var shaped = values.view(bins, dimension);
            state[$"vq.layers.{k}._codebook.embed"].copy_(shaped);
        }

        return quantizer;
    }
}
