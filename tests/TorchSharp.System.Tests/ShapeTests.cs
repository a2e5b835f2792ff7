using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class ShapeTests : ScopedTest
{
    private readonly Tensor x = arange(6, ScalarType.Float32).reshape(2, 3);

    [Fact]
    public void Views_have_another_shape_over_the_same_memory()
    {
        Equal(x.view(3, 2), [3, 2], 0, 1, 2, 3, 4, 5);
        Equal(x.t(), [3, 2], 0, 3, 1, 4, 2, 5);
        Equal(x.transpose(0, 1), [3, 2], 0, 3, 1, 4, 2, 5);
        Equal(x.permute(1, 0), [3, 2], 0, 3, 1, 4, 2, 5);
        Assert.Equal([1, 2, 1, 3], x.unsqueeze(0).unsqueeze(2).shape);
        Assert.Equal([2, 3], x.unsqueeze(0).squeeze(0).shape);
        Assert.Equal([2, 3], x.unsqueeze(0).unsqueeze(-1).squeeze().shape);
        Assert.Equal([6], x.flatten().shape);
        Assert.Equal([2, 3, 1], x.unflatten(1, 3, 1).shape);
        Equal(x.narrow(1, 1, 2), [2, 2], 1, 2, 4, 5);
        Equal(x.select(0, 1), [3], 3, 4, 5);
        Equal(x.slice(1, 0, 3, 2), [2, 2], 0, 2, 3, 5);
        Equal(x.unfold(1, 2, 1), [2, 2, 2], 0, 1, 1, 2, 3, 4, 4, 5);
        x.t().select(0, 0).fill_(9);
        Equal(x, [2, 3], 9, 1, 2, 9, 4, 5);
    }

    [Fact]
    public void Expansion_repetition_and_turning()
    {
        Equal(tensor(new[] { 1f, 2f }).expand(2, 2), [2, 2], 1, 2, 1, 2);
        Equal(tensor(new[] { 1f, 2f }).repeat(2), [4], 1, 2, 1, 2);
        Equal(tensor(new[] { 1f, 2f }).repeat_interleave(2), [4], 1, 1, 2, 2);
        Equal(x.flip(1), [2, 3], 2, 1, 0, 5, 4, 3);
        Equal(x.roll(1, 1), [2, 3], 2, 0, 1, 5, 3, 4);
        Equal(x.tril(), [2, 3], 0, 0, 0, 3, 4, 0);
        Equal(x.triu(1), [2, 3], 0, 1, 2, 0, 0, 5);
        Assert.Equal([2, 4, 3], x.unsqueeze(1).expand(2, 4, 3).shape);
    }

    [Fact]
    public void Splitting_and_joining_are_each_others_inverse()
    {
        Assert.Equal([2L, 1L], x.split(2, 1).Select(part => part.size(1)));
        Assert.Equal([1L, 2L], x.split([1L, 2L], 1).Select(part => part.size(1)));
        Assert.Equal(3, x.chunk(3, 1).Length);
        Assert.Equal(2, x.unbind().Length);
        Equal(cat(x.split([1L, 2L], 1), 1), [2, 3], 0, 1, 2, 3, 4, 5);
        Equal(stack(x.unbind()), [2, 3], 0, 1, 2, 3, 4, 5);
        Equal(cat(new List<Tensor> { x, x }), [4, 3], 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5);
        Equal(vstack([x[0], x[1]]), [2, 3], 0, 1, 2, 3, 4, 5);
    }

    [Theory]
    [InlineData(PaddingModes.Constant, new double[] { 7, 7, 1, 2, 3, 7 })]
    [InlineData(PaddingModes.Reflect, new double[] { 3, 2, 1, 2, 3, 2 })]
    [InlineData(PaddingModes.Replicate, new double[] { 1, 1, 1, 2, 3, 3 })]
    [InlineData(PaddingModes.Circular, new double[] { 2, 3, 1, 2, 3, 1 })]
    public void Padding_fills_as_its_name_says(PaddingModes mode, double[] expected) =>
        Equal(nn.functional.pad(Floats([1, 1, 3], 1, 2, 3), (2, 1), mode, 7), [1, 1, 6], expected);

    [Fact]
    public void Sizes_and_strides_are_told_from_either_end_without_allocating()
    {
        Assert.Equal(3, x.size(-1));
        Assert.Equal(2, x.size(0));
        Assert.Equal([3, 1], x.stride());
        Assert.Equal(1, x.t().stride(0));
        Assert.Equal(6, x.numel());
        Assert.Equal(2, x.ndim);
        Assert.False(x.t().is_contiguous());
        Assert.True(x.t().contiguous().is_contiguous());
        Assert.Throws<ArgumentOutOfRangeException>(() => x.size(2));

        var before = GC.GetAllocatedBytesForCurrentThread();
        long sum = 0;
        for (var i = 0; i < 100; i++)
        {
            sum += x.size(0) + x.numel() + x.ndim + (int)x.dtype;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(100 * (2 + 6 + 2 + 6), sum);
    }

    [Fact]
    public void A_call_allocates_little_more_than_its_result()
    {
        using var other = x.clone();
        x.add(other).Dispose();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            x.add(other).Dispose();
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 64);
    }
}
