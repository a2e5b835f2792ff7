using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor cat(IList<Tensor> tensors, long dim = 0L) => Aten.Cat.Call(Argument.Tensors(Listed(tensors)), dim);

    public static Tensor cat(Tensor[] tensors, long dim = 0L) => Aten.Cat.Call(tensors, dim);

    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0L) => Aten.Cat.Call(tensors.ToArray(), dim);

    public static Tensor concat(IList<Tensor> tensors, long dim = 0L) => cat(tensors, dim);

    public static Tensor concat(Tensor[] tensors, long dim = 0L) => cat(tensors, dim);

    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0L) => cat(tensors, axis);

    public static Tensor concatenate(Tensor[] tensors, long axis = 0L) => cat(tensors, axis);

    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0L) => Aten.Stack.Call(tensors.ToArray(), dim);

    public static Tensor vstack(Tensor[] tensors) => Aten.Vstack.Call(tensors);

    public static Tensor vstack(IList<Tensor> tensors) => Aten.Vstack.Call(Argument.Tensors(Listed(tensors)));

    public static Tensor hstack(params Tensor[] tensors) => Aten.Hstack.Call(tensors);

    public static Tensor hstack(IList<Tensor> tensors) => Aten.Hstack.Call(Argument.Tensors(Listed(tensors)));

    public static Tensor block_diag(params Tensor[] tensors) => Aten.BlockDiag.Call(tensors);

    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) => Aten.BroadcastTensors.Invoke(tensors).First.ToTensors();

    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") =>
        Aten.MeshgridIndexing.Invoke(tensors.ToArray(), indexing).First.ToTensors();

    /// <summary>Sums of products by name of dimension, as in <c>bhqd,bhkd->bhqk</c>.</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors) => Aten.Einsum.Call(equation, tensors);

    public static Tensor[] split(Tensor tensor, long[] split_size_or_sections, long dim = 0L) => tensor.split(split_size_or_sections, dim);

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Aten.WhereSelf.Call(condition, x, y);

    public static Tensor[] where(Tensor condition) => Aten.Where.Invoke(condition).First.ToTensors();

    public static Tensor cdist(
        Tensor x1, Tensor x2, double p = 2d, compute_mode compute_mode = compute_mode.use_mm_for_euclid_dist_if_necessary) =>
        Aten.Cdist.Call(x1, x2, p, (long)compute_mode);

    public static Tensor searchsorted(Tensor sorted_sequence, Tensor values, bool out_int32 = false, bool right = false, Tensor? sorter = null) =>
        Aten.SearchsortedTensor.Call(sorted_sequence, values, out_int32, right, Argument.None, sorter);

    private static IReadOnlyList<Tensor> Listed(IList<Tensor> tensors) => tensors as IReadOnlyList<Tensor> ?? tensors.ToArray();
}
