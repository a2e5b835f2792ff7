using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class ReductionTests : ScopedTest
{
    private readonly Tensor x = Floats([2, 3], 1, 5, 3, 4, 2, 6);

    [Fact]
    public void Sums_means_and_products_go_over_all_or_some_dimensions()
    {
        Equal(x.sum(), [], 21);
        // A literal 0 would be taken for an element type, as in TorchSharp.
        Equal(x.sum(0L), [3], 5, 7, 9);
        Equal(x.sum(-1, keepdim: true), [2, 1], 9, 12);
        Equal(x.sum([0L, 1L]), [], 21);
        Equal(x.mean(), [], 3.5);
        Equal(x.mean([1L]), [2], 3, 4);
        Equal(x.prod(1), [2], 15, 48);
        Assert.Equal(ScalarType.Int64, (x > 2).sum().dtype);
        Assert.Equal(ScalarType.Float64, x.sum(ScalarType.Float64).dtype);
    }

    [Fact]
    public void Spread_is_divided_by_one_less_unless_told_otherwise()
    {
        Equal(x.var(), [], 3.5);
        Equal(x.std(1), [2], 2, 2);
        Equal(x.var(1, unbiased: false), [2], 8.0 / 3, 8.0 / 3);
        var (variance, mean) = x.var_mean([1L], unbiased: false);
        Equal(variance, [2], 8.0 / 3, 8.0 / 3);
        Equal(mean, [2], 3, 4);
        Equal(x.norm(), [], Math.Sqrt(91));
        Equal(x.norm(1, p: 1), [2], 9, 12);
    }

    [Fact]
    public void Extremes_come_with_their_places()
    {
        Equal(x.max(), [], 6);
        Equal(x.min(), [], 1);
        var (values, places) = x.max(1);
        Equal(values, [2], 5, 6);
        Equal(places, [2], 1, 2);
        Equal(x.argmax(), [], 5);
        Equal(x.argmin(1, keepdim: true), [2, 1], 0, 1);
        Equal(x.amax(0), [3], 4, 5, 6);
        Equal(x.amin([1L], keepdim: true), [2, 1], 1, 2);
        Assert.True((bool)(x > 0).all());
        Assert.False((bool)(x > 6).any());
    }

    [Fact]
    public void Sorting_and_the_largest_few_give_values_and_indices()
    {
        var (sorted, order) = x.sort(1);
        Equal(sorted, [2, 3], 1, 3, 5, 2, 4, 6);
        Equal(order, [2, 3], 0, 2, 1, 1, 0, 2);
        var (descending, _) = x.sort(-1, descending: true, stable: true);
        Equal(descending, [2, 3], 5, 3, 1, 6, 4, 2);
        var (top, places) = x.topk(2, 1);
        Equal(top, [2, 2], 5, 3, 6, 4);
        Equal(places, [2, 2], 1, 2, 2, 0);
        Equal(x.argsort(1), [2, 3], 0, 2, 1, 1, 0, 2);
        var (median, _) = x.kthvalue(2, 1);
        Equal(median, [2], 3, 4);
    }

    [Fact]
    public void Running_sums_and_products_have_an_element_for_every_step()
    {
        Equal(x.cumsum(1), [2, 3], 1, 6, 9, 4, 6, 12);
        Equal(x.cumprod(0), [2, 3], 1, 5, 3, 4, 10, 18);
        var (highest, _) = x.cummax(1);
        Equal(highest, [2, 3], 1, 5, 5, 4, 4, 6);
        Equal(x.diff(), [2, 2], 4, -2, -2, 4);
    }

    [Fact]
    public void Softmax_adds_up_to_one_and_its_logarithm_is_consistent()
    {
        var sums = Enumerable.Range(0, 2).Select(i => Enumerable.Range(0, 3).Sum(j => Math.Exp(x[i, j].item<float>()))).ToArray();
        var expected = Enumerable.Range(0, 6).Select(k => Math.Exp(x[k / 3, k % 3].item<float>()) / sums[k / 3]).ToArray();

        Equal(x.softmax(1), [2, 3], expected);
        Equal(x.log_softmax(-1), [2, 3], expected.Select(value => Math.Log(value)).ToArray());
        Equal(x.logsumexp(1), [2], sums.Select(value => Math.Log(value)).ToArray());
        Assert.Equal(ScalarType.Float64, x.softmax(1, ScalarType.Float64).dtype);
    }

    [Fact]
    public void Distinct_values_are_found_with_their_counts()
    {
        var (values, inverse, counts) = tensor(new[] { 3L, 1L, 3L, 2L }).unique(return_counts: true);

        Equal(values, [3], 1, 2, 3);
        Assert.Null(inverse);
        Equal(counts!, [3], 1, 1, 2);
        Equal(tensor(new[] { 1L, 1L, 3L }).bincount(null, 5), [5], 0, 2, 0, 1, 0);
    }
}
