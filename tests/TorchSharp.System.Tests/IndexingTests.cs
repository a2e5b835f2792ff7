using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class IndexingTests : ScopedTest
{
    private readonly Tensor x = arange(12, ScalarType.Float32).reshape(3, 4);

    [Fact]
    public void Numbers_ranges_and_an_ellipsis_pick_as_in_Python()
    {
        Equal(x[1], [4], 4, 5, 6, 7);
        Equal(x[-1, -2], [], 10);
        Equal(x[1..], [2, 4], 4, 5, 6, 7, 8, 9, 10, 11);
        Equal(x[TensorIndex.Colon, 1..3], [3, 2], 1, 2, 5, 6, 9, 10);
        Equal(x[TensorIndex.Ellipsis, 0], [3], 0, 4, 8);
        Equal(x[TensorIndex.Colon, ^1], [3], 3, 7, 11);
        Equal(x[.., ..^2], [3, 2], 0, 1, 4, 5, 8, 9);
        Equal(x[TensorIndex.Slice(0, null, 2), TensorIndex.Slice(step: 3)], [2, 2], 0, 3, 8, 11);
        Equal(x[TensorIndex.None, 0], [1, 4], 0, 1, 2, 3);
        Equal(x[0, TensorIndex.None], [1, 4], 0, 1, 2, 3);
    }

    [Fact]
    public void Tensors_gather_by_place_or_by_truth_value()
    {
        Equal(x[TensorIndex.Tensor(tensor(new[] { 2L, 0L }))], [2, 4], 8, 9, 10, 11, 0, 1, 2, 3);
        Equal(x[TensorIndex.Colon, TensorIndex.Tensor(tensor(new[] { 1L, 1L }))], [3, 2], 1, 1, 5, 5, 9, 9);
        Equal(x[TensorIndex.Tensor(x > 8)], [3], 9, 10, 11);
        Equal(x[TensorIndex.Tensor(tensor(new[] { 0L, 1L })), TensorIndex.Tensor(tensor(new[] { 3L, 2L }))], [2], 3, 6);
        Equal(x.index(tensor(new[] { 1L })), [1, 4], 4, 5, 6, 7);
    }

    [Fact]
    public void Assignments_write_into_the_tensor_itself()
    {
        x[0] = tensor(new[] { 9f, 9f, 9f, 9f });
        x[1, 1] = tensor(7f);
        x[2.., 1..3] = Floats([1, 1, 2], -1, -2);
        Equal(x, [3, 4], 9, 9, 9, 9, 4, 7, 6, 7, 8, -1, -2, 11);
        x[TensorIndex.Tensor(x < 0)] = tensor(0f);
        x.index_put_(5, TensorIndex.Colon, TensorIndex.Single(3));
        Equal(x, [3, 4], 9, 9, 9, 5, 4, 7, 6, 5, 8, 0, 0, 5);
        x.index_put_(tensor(new[] { 1f, 1f }), [TensorIndex.Tensor(tensor(new[] { 0L, 0L })), TensorIndex.Tensor(tensor(new[] { 0L, 0L }))], true);
        Equal(x[0, 0], [], 11);
    }

    [Fact]
    public void Gathering_scattering_and_masking()
    {
        var index = tensor(new[] { 3L, 0L, 1L }, [3, 1]);

        Equal(x.gather(1, index), [3, 1], 3, 4, 9);
        Equal(zeros(3, 4).scatter(1, index, ones(3, 1)), [3, 4], 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0);
        Equal(zeros(2).scatter_add_(0, tensor(new[] { 1L, 1L }), tensor(new[] { 2f, 3f })), [2], 0, 5);
        Equal(x.index_select(0, tensor(new[] { 2L })), [1, 4], 8, 9, 10, 11);
        Equal(x.masked_fill(x < 10, -1).sum(), [], 11);
        Equal(x.masked_select(x >= 10), [2], 10, 11);
        Equal((x > 9).nonzero(), [2, 2], 2, 2, 2, 3);
        Equal(nn.functional.one_hot(tensor(new[] { 1L, 0L }), 3), [2, 3], 0, 1, 0, 1, 0, 0);
    }

    [Fact]
    public void Wrong_indices_are_errors_and_leave_nothing_behind()
    {
        var before = LiveTensors();

        Assert.ThrowsAny<Exception>(() => x[3]);
        Assert.ThrowsAny<Exception>(() => x[0, 4]);
        Assert.ThrowsAny<Exception>(() => x[TensorIndex.Single(3)]);
        Assert.Throws<ArgumentException>(() => x[TensorIndex.Single(0), TensorIndex.Single(0), TensorIndex.Single(0)]);
        Assert.Throws<ArgumentException>(() => x[0] = x);
        CurrentDisposeScope!.DisposeEverythingBut(x);
        Assert.True(LiveTensors() <= before);
    }
}
