using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Parts of a tensor by place, by index or by order.</content>
    public partial class Tensor
    {
        public Tensor narrow(long dim, long start, long length) => Aten.Narrow.Call(this, dim, start, length);
        public Tensor select(long dim, long index) => Aten.SelectInt.Call(this, dim, index);
        public Tensor slice(long dim, long start, long finish, long step) => Aten.SliceTensor.Call(this, dim, start, finish, step);
        public Tensor gather(long dim, Tensor index) => Aten.Gather.Call(this, dim, index);
        public Tensor scatter(long dim, Tensor index, Tensor src) => Aten.ScatterSrc.Call(this, dim, index, src);
        public Tensor scatter_(long dim, Tensor index, Tensor src) => Aten.Scatter_Src.Mutate(this, dim, index, src);
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Aten.ScatterAdd.Call(this, dim, index, src);
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => Aten.ScatterAdd_.Mutate(this, dim, index, src);
        public Tensor select_scatter(Tensor src, long dim, long index) => Aten.SelectScatter.Call(this, src, dim, index);

        public Tensor slice_scatter(Tensor src, long dim = 0L, long? start = null, long? end = null, long step = 1L) =>
            Aten.SliceScatter.Call(this, src, dim, start, end, step);

        public Tensor index_select(long dim, Tensor index) => Aten.IndexSelect.Call(this, dim, index);
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Aten.IndexAdd.Call(this, dim, index, source, alpha);
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => Aten.IndexAdd_.Mutate(this, dim, index, source, alpha);
        public Tensor index_copy(long dim, Tensor index, Tensor source) => Aten.IndexCopy.Call(this, dim, index, source);
        public Tensor index_copy_(long dim, Tensor index, Tensor source) => Aten.IndexCopy_.Mutate(this, dim, index, source);
        public Tensor index_fill(long dim, Tensor index, Scalar value) => Aten.IndexFillIntScalar.Call(this, dim, index, value);
        public Tensor index_fill_(long dim, Tensor index, Scalar value) => Aten.IndexFill_IntScalar.Mutate(this, dim, index, value);
        public Tensor masked_fill(Tensor mask, Scalar value) => Aten.MaskedFillScalar.Call(this, mask, value);
        public Tensor masked_fill_(Tensor mask, Scalar value) => Aten.MaskedFill_Scalar.Mutate(this, mask, value);
        public Tensor masked_select(Tensor mask) => Aten.MaskedSelect.Call(this, mask);
        public Tensor masked_scatter(Tensor mask, Tensor value) => Aten.MaskedScatter.Call(this, mask, value);
        public Tensor masked_scatter_(Tensor mask, Tensor value) => Aten.MaskedScatter_.Mutate(this, mask, value);
        public Tensor take_along_dim(Tensor indices) => Aten.TakeAlongDim.Call(this, indices);
        public Tensor take_along_dim(Tensor indices, long dim) => Aten.TakeAlongDim.Call(this, indices, dim);
        public Tensor nonzero() => Aten.Nonzero.Call(this);
        public Tensor argwhere() => Aten.Argwhere.Call(this);
        public Tensor argsort(long dim = -1L, bool descending = false) => Aten.Argsort.Call(this, dim, descending);
        public Tensor msort() => Aten.Msort.Call(this);

        public (Tensor Values, Tensor Indices) sort(long dim = -1L, bool descending = false, bool stable = false) =>
            Aten.SortStable.Invoke(this, stable, dim, descending).Pair();

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            Aten.Topk.Invoke(this, (long)k, (long)dim, largest, sorted).Pair();

        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false) =>
            Aten.Kthvalue.Invoke(this, k, dim ?? -1, keepdim).Pair();

        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) =>
            Aten.BucketizeTensor.Call(this, boundaries, outInt32, right);

        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(
            bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null)
        {
            var results = dim is { } d
                ? Aten.UniqueDim.Invoke(this, (long)d, sorted, return_inverse, return_counts)
                : Aten._Unique2.Invoke(this, sorted, return_inverse, return_counts);
            var (values, inverse, counts) = results.Triple();
            return (values, KeepIf(return_inverse, inverse), KeepIf(return_counts, counts));
        }

        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(
            bool return_inverse = false, bool return_counts = false, int? dim = null)
        {
            var (values, inverse, counts) = Aten.UniqueConsecutive.Invoke(this, return_inverse, return_counts, (long?)dim).Triple();
            return (values, KeepIf(return_inverse, inverse), KeepIf(return_counts, counts));
        }

        private static Tensor? KeepIf(bool wanted, Tensor tensor)
        {
            if (wanted)
            {
                return tensor;
            }

            tensor.Dispose();
            return null;
        }
    }
}
