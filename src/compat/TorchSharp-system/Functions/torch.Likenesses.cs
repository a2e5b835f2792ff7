using TorchSharp.Interop;

namespace TorchSharp;

/// <content>New tensors with the shape, and unless told otherwise the element type and device, of another.</content>
public static partial class torch
{
    public static Tensor empty_like(
        Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.EmptyLike.Call(input, dtype, Argument.None, device, Argument.None), requires_grad, names);

    public static Tensor zeros_like(
        Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.ZerosLike.Call(input, dtype, Argument.None, device, Argument.None), requires_grad, names);

    public static Tensor ones_like(
        Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.OnesLike.Call(input, dtype, Argument.None, device, Argument.None), requires_grad, names);

    public static Tensor full_like(
        Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.FullLike.Call(input, value, dtype, Argument.None, device), requires_grad, names);
}
