using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Kernels;

public class OneStepAttentionTests
{
    [Theory]
    [InlineData(1, 1, 1, 8, 1)]
    [InlineData(2, 3, 1, 64, 37)]
    [InlineData(1, 2, 2, 24, 5)]
    [InlineData(2, 16, 1, 64, 1500)]
    [InlineData(1, 1, 3, 13, 100)]
    [InlineData(1, 2, 1, 100, 9)]
    public void It_is_softmax_attention_over_the_steps_that_are_seen(int batch, int heads, int queries, int size, int count)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        random.manual_seed(count);
        var (start, capacity) = (3, count + 7);
        var query = randn(batch, heads, queries, size);
        var (keys, values) = (randn(batch, heads, capacity, size), randn(batch, heads, capacity, size));
        foreach (var mask in new[] { null, randn(1, 1, 1, count), randn(batch, 1, 1, count) })
        {
            Assert.True(OneStepAttention.Takes(query, keys, values));
            var attended = OneStepAttention.Attend(query, keys, values, start, count, mask);
            var scores = query.@double().matmul(keys.narrow(2, start, count).@double().transpose(2, 3)) / Math.Sqrt(size);
            var expected = (mask is null ? scores : scores + mask).softmax(-1).matmul(values.narrow(2, start, count).@double());
            Near.Equal(expected.@float(), attended, 2e-6);
        }
    }

    [Fact]
    public void What_a_mask_hides_takes_no_part()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        var query = randn(2, 4, 1, 16);
        var (keys, values) = (randn(2, 4, 20, 16), randn(2, 4, 20, 16));
        var mask = zeros(2, 1, 1, 20);
        mask[TensorIndex.Single(1), TensorIndex.Ellipsis, TensorIndex.Slice(12)] = double.NegativeInfinity;
        var attended = OneStepAttention.Attend(query, keys, values, 0, 20, mask);
        var shorter = OneStepAttention.Attend(query, keys, values, 0, 12, null);
        Near.Equal(shorter[1], attended[1], 1e-6);
        Assert.False(attended[0].allclose(shorter[0]));
    }

    [Fact]
    public void Gradients_other_types_and_keys_in_pieces_are_left_to_libtorch()
    {
        using var scope = NewDisposeScope();
        var (query, keys) = (randn(1, 2, 1, 8), randn(1, 2, 4, 8));
        Assert.False(OneStepAttention.Takes(query, keys, keys));
        using var guard = no_grad();
        Assert.True(OneStepAttention.Takes(query, keys, keys));
        Assert.False(OneStepAttention.Takes(query.@double(), keys.@double(), keys.@double()));
        Assert.False(OneStepAttention.Takes(query, keys.narrow(2, 0, 2), keys));
    }

    [Fact]
    public void Only_the_result_stays_alive()
    {
        using var guard = no_grad();
        using var query = randn(1, 2, 1, 8);
        using var keys = randn(1, 2, 4, 8);
        using var mask = zeros(1, 1, 1, 4);
        var before = LiveTensors.Count();
        OneStepAttention.Attend(query, keys, keys, 0, 4, mask).Dispose();
        Assert.Equal(before, LiveTensors.Count());
    }
}
