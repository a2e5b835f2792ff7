using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Kernels;

[Collection(ProcessWideState.Name)]
public unsafe class AttentionKernelTests
{
    [Theory]
    [InlineData(8, 1, false)]
    [InlineData(64, 37, true)]
    [InlineData(24, 5, false)]
    [InlineData(64, 1500, true)]
    [InlineData(13, 100, true)]
    [InlineData(100, 9, false)]
    public void Attention_of_one_query_matches_softmax_attention(int size, int count, bool masked)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        random.manual_seed(count);
        var (query, keys, values) = (randn(1, size), randn(count, size), randn(count, size));
        var mask = masked ? randn(count) : zeros(count);
        var scores = query.@double().matmul(keys.@double().t()) / Math.Sqrt(size);
        var expected = (scores + mask).softmax(-1).matmul(values.@double());
        Near.Equal(expected.@float(), Attend(query, keys, values, masked ? mask : null), 2e-6);
    }

    [Fact]
    public void Masked_keys_have_no_effect()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        var (query, keys, values) = (randn(1, 16), randn(20, 16), randn(20, 16));
        var mask = zeros(20);
        mask[TensorIndex.Slice(12)] = double.NegativeInfinity;
        var unmasked = Attend(query, keys, values, null);
        var masked = Attend(query, keys, values, mask);
        Near.Equal(Attend(query, keys.narrow(0, 0, 12), values.narrow(0, 0, 12), null), masked, 1e-6);
        Assert.False(unmasked.allclose(masked));
    }

    private static Tensor Attend(Tensor query, Tensor keys, Tensor values, Tensor? mask)
    {
        var (count, size) = ((int)keys.size(0), (int)keys.size(1));
        var result = empty(1, size);
        var scores = new float[count];
        fixed (float* space = scores)
        {
            AttentionKernel.Attend(Data(query), Data(keys), Data(values), mask is null ? null : Data(mask), Data(result), space, size, count);
        }

        return result;
    }

    private static float* Data(Tensor tensor) => TensorMemory.Float32(tensor);
}
