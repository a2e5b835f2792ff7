using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>The same elements in another shape, nearly always without copying.</content>
    public partial class Tensor
    {
        public Tensor alias() => Aten.Alias.Call(this);
        public Tensor contiguous() => Aten.Contiguous.Call(this);
        public Tensor unsqueeze(long dim) => Aten.Unsqueeze.Call(this, dim);
        public Tensor unsqueeze_(long dim) => Aten.Unsqueeze_.Mutate(this, dim);
        public Tensor swapaxes(long dim0, long dim1) => Aten.Swapaxes.Call(this, dim0, dim1);
        public Tensor swapdims(long dim0, long dim1) => Aten.Swapdims.Call(this, dim0, dim1);
        public Tensor transpose(long dim0, long dim1) => Aten.TransposeInt.Call(this, dim0, dim1);
        public Tensor transpose_(long dim0, long dim1) => Aten.Transpose_.Mutate(this, dim0, dim1);
        public Tensor view_as(Tensor other) => Aten.ViewAs.Call(this, other);
        public Tensor expand_as(Tensor other) => Aten.ExpandAs.Call(this, other);
        public Tensor ravel() => Aten.Ravel.Call(this);
        public Tensor fliplr() => Aten.Fliplr.Call(this);
        public Tensor flipud() => Aten.Flipud.Call(this);
        public Tensor view_as_real() => Aten.ViewAsReal.Call(this);
        public Tensor view_as_complex() => Aten.ViewAsComplex.Call(this);
        public Tensor detach() => Aten.Detach.Call(this);
        public Tensor detach_() => Aten.Detach_.Mutate(this);
        public Tensor take(Tensor index) => Aten.Take.Call(this, index);

        public Tensor view(params long[] shape) => Aten.View.Call(this, shape);
        public Tensor reshape(params long[] shape) => Aten.Reshape.Call(this, shape);
        public Tensor flatten(long start_dim = 0L, long end_dim = -1L) => Aten.FlattenUsingInts.Call(this, start_dim, end_dim);
        public Tensor unflatten(long dim, params long[] sizes) => Aten.UnflattenInt.Call(this, dim, sizes);
        public Tensor squeeze(long? dim = null) => dim is { } d ? Aten.SqueezeDim.Call(this, d) : Aten.Squeeze.Call(this);
        public Tensor squeeze_(long? dim = null) => dim is { } d ? Aten.Squeeze_Dim.Mutate(this, d) : Aten.Squeeze_.Mutate(this);
        public Tensor permute(params long[] permutation) => Aten.Permute.Call(this, permutation);
        public Tensor permute(IEnumerable<long> permutation) => Aten.Permute.Call(this, permutation.ToArray());
        public Tensor movedim(long[] source, long[] destination) => Aten.MovedimIntlist.Call(this, source, destination);
        public Tensor moveaxis(long[] source, long[] destination) => movedim(source, destination);
        public Tensor expand(params long[] sizes) => Aten.Expand.Call(this, sizes);
        public Tensor expand(long[] sizes, bool isImplicit = false) => Aten.Expand.Call(this, sizes, isImplicit);
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => Aten.Expand.Call(this, sizes, isImplicit);
        public Tensor broadcast_to(params long[] shape) => Aten.BroadcastTo.Call(this, shape);
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0L) => Aten.AsStrided.Call(this, size, strides, storageOffset);
        public Tensor unfold(long dimension, long size, long step) => Aten.Unfold.Call(this, dimension, size, step);
        public Tensor repeat(params long[] sizes) => Aten.Repeat.Call(this, sizes);
        public Tensor tile(long[] reps) => Aten.Tile.Call(this, reps);
        public Tensor flip(params long[] dims) => Aten.Flip.Call(this, dims);
        public Tensor roll(long shifts, long? dims = null) => dims is { } d ? Aten.Roll.Call(this, shifts, d) : Aten.Roll.Call(this, shifts);
        public Tensor roll(long[] shifts) => Aten.Roll.Call(this, shifts);
        public Tensor roll(long[] shifts, long[] dims) => Aten.Roll.Call(this, shifts, dims);

        public Tensor roll(ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) => Aten.Roll.Call(this, shifts, dims);

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            Aten.RepeatInterleaveSelfInt.Call(this, repeats, dim, output_size);

        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            Aten.RepeatInterleaveSelfTensor.Call(this, repeats, dim, output_size);

        public Tensor[] chunk(long chunks, long dim = 0L) => Aten.Chunk.Invoke(this, chunks, dim).First.ToTensors();
        public Tensor[] unbind(long dimension = 0L) => Aten.UnbindInt.Invoke(this, dimension).First.ToTensors();
        public Tensor[] split(long size, int dim = 0) => Aten.SplitTensor.Invoke(this, size, (long)dim).First.ToTensors();
        public Tensor[] split(long[] sizes, long dim = 0L) => Aten.SplitWithSizes.Invoke(this, sizes, dim).First.ToTensors();
        public Tensor[] split(params long[] sizes) => split(sizes, 0L);
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0L) => Aten.SplitWithSizes.Invoke(this, sizes, dim).First.ToTensors();

        public Tensor[] tensor_split(long size, long dim = 0L) => Aten.TensorSplitSections.Invoke(this, size, dim).First.ToTensors();
        public Tensor[] tensor_split(long[] sizes, long dim = 0L) => Aten.TensorSplitIndices.Invoke(this, sizes, dim).First.ToTensors();
    }
}
