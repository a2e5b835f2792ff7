namespace TorchSharp;

/// <content>The methods of tensors in Tensor.Properties.cs, as functions.</content>
public static partial class torch
{
    public static bool is_conj(Tensor input) => input.is_conj();
    public static bool is_nonzero(Tensor input) => input.is_nonzero();
    public static long numel(Tensor input) => input.numel();
}
