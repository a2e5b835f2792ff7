using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Many elements to one, over all or some dimensions; and running sums.</content>
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Aten.Sum.Call(this, type);
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => Aten.SumDimIntList.Call(this, dim, keepdim, type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Aten.SumDimIntList.Call(this, dim, keepdim, type);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => Aten.SumDimIntList.Call(this, dim, keepdim, type);
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => sum([dim0, dim1], keepdim, type);
        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) => sum([dim0, dim1, dim2], keepdim, type);
        public Tensor nansum() => Aten.Nansum.Call(this);
        public Tensor mean() => Aten.Mean.Call(this);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Aten.MeanDim.Call(this, dimensions, keepdim, type);
        public Tensor nanmean(int? dim = null, bool keepdim = false, ScalarType? dtype = null) => Aten.Nanmean.Call(this, (long?)dim, keepdim, dtype);
        public Tensor prod(ScalarType? type = null) => Aten.Prod.Call(this, type);
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Aten.ProdDimInt.Call(this, dim, keepdim, type);

        public Tensor std(bool unbiased = true) => Aten.Std.Call(this, unbiased);
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std([dim], unbiased, keepdim, type);

        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std((ReadOnlySpan<long>)dimensions, unbiased, keepdim, type);

        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Converted(Aten.StdDim.Call(this, dimensions, unbiased, keepdim), type);

        public Tensor var(bool unbiased = true) => Aten.Var.Call(this, unbiased);
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var([dim], unbiased, keepdim, type);

        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var((ReadOnlySpan<long>)dimensions, unbiased, keepdim, type);

        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Converted(Aten.VarDim.Call(this, dimensions, unbiased, keepdim), type);

        public (Tensor std, Tensor mean) std_mean(bool unbiased = true) => Aten.StdMean.Invoke(this, unbiased).Pair();

        public (Tensor std, Tensor mean) std_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            var (std, mean) = Aten.StdMeanDim.Invoke(this, dimensions, unbiased, keepdim).Pair();
            return (Converted(std, type), Converted(mean, type));
        }

        public (Tensor var, Tensor mean) var_mean(bool unbiased = true) => Aten.VarMean.Invoke(this, unbiased).Pair();

        public (Tensor std, Tensor mean) var_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
        {
            var (variance, mean) = Aten.VarMeanDim.Invoke(this, dimensions, unbiased, keepdim).Pair();
            return (Converted(variance, type), Converted(mean, type));
        }

        public Tensor max() => Aten.Max.Call(this);
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Aten.MaxDim.Invoke(this, dim, keepdim).Pair();
        public Tensor min() => Aten.Min.Call(this);
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Aten.MinDim.Invoke(this, dim, keepdim).Pair();
        public Tensor amax(params long[] dims) => Aten.Amax.Call(this, dims);
        public Tensor amin(params long[] dims) => Aten.Amin.Call(this, dims);
        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => Into(Aten.Amax.Call(this, dims, keepdim), @out);
        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => Into(Aten.Amin.Call(this, dims, keepdim), @out);
        public (Tensor min, Tensor max) aminmax(long? dim = null, bool keepdim = false) => Aten.Aminmax.Invoke(this, dim, keepdim).Pair();
        public Tensor argmax() => Aten.Argmax.Call(this);
        public Tensor argmax(long dim, bool keepdim = false) => Aten.Argmax.Call(this, dim, keepdim);
        public Tensor argmin() => Aten.Argmin.Call(this);
        public Tensor argmin(long dim, bool keepdim = false) => Aten.Argmin.Call(this, dim, keepdim);
        public Tensor all() => Aten.All.Call(this);
        public Tensor all(long dim, bool keepdim = false) => Aten.AllDim.Call(this, dim, keepdim);
        public Tensor any() => Aten.Any.Call(this);
        public Tensor any(long dim, bool keepdim = false) => Aten.AnyDim.Call(this, dim, keepdim);
        public Tensor median() => Aten.Median.Call(this);
        public Tensor logsumexp(long dim, bool keepdim = false) => Aten.Logsumexp.Call(this, dim, keepdim);
        public Tensor norm(float p = 2f) => Aten.NormScalar.Call(this, (double)p);
        public Tensor norm(int dim, bool keepdim = false, float p = 2f) => Aten.NormScalarOptDim.Call(this, (double)p, (long)dim, keepdim);
        public Tensor dist(Tensor other, float p = 2f) => Aten.Dist.Call(this, other, (double)p);
        public Tensor count_nonzero(long[]? dims = null) => dims is null ? Aten.CountNonzero.Call(this) : Aten.CountNonzeroDimIntList.Call(this, dims);
        public Tensor quantile(Tensor q, long dim = -1L, bool keepdim = false) => Aten.Quantile.Call(this, q, dim, keepdim);
        public Tensor bincount(Tensor? weights, long minlength = 0L) => Aten.Bincount.Call(this, weights, minlength);
        public Tensor histc(long bins = 100L, long min = 0L, long max = 0L) => Aten.Histc.Call(this, bins, min, max);
        public Tensor renorm(float p, long dim, float maxnorm) => Aten.Renorm.Call(this, (double)p, dim, (double)maxnorm);

        public Tensor cumsum(long dim, ScalarType? type = null) => Aten.Cumsum.Call(this, dim, type);
        public Tensor cumprod(long dim, ScalarType? type = null) => Aten.Cumprod.Call(this, dim, type);
        public (Tensor values, Tensor indexes) cummax(long dim) => Aten.Cummax.Invoke(this, dim).Pair();
        public (Tensor values, Tensor indexes) cummin(long dim) => Aten.Cummin.Invoke(this, dim).Pair();
        public Tensor logcumsumexp(long dim) => Aten.Logcumsumexp.Call(this, dim);

        public Tensor diff(long n = 1L, long dim = -1L, Tensor? prepend = null, Tensor? append = null) =>
            Aten.Diff.Call(this, n, dim, prepend, append);

        private static Tensor Converted(Tensor result, ScalarType? type) => type is { } t ? result.to(t, disposeAfter: true) : result;

        private static Tensor Into(Tensor result, Tensor? destination)
        {
            if (destination is null)
            {
                return result;
            }

            using (result)
            {
                return destination.copy_(result);
            }
        }
    }
}
