using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What layers compute, given their parameters.</summary>
        public static partial class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Aten.Linear.Call(input, weights, bias);

            public static Tensor bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias = null) =>
                Aten.Bilinear.Call(input1, input2, weight, bias);

            public static Tensor conv1d(
                Tensor input, Tensor weight, Tensor? bias = null, long? stride = null, long? padding = null, long? dilation = null,
                long groups = 1L) =>
                Aten.Conv1d.Call(input, weight, bias, stride ?? 1, padding ?? 0, dilation ?? 1, groups);

            public static Tensor conv2d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null,
                long groups = 1L) =>
                Aten.Conv2d.Call(input, weight, bias, strides ?? [1, 1], padding ?? [0, 0], dilation ?? [1, 1], groups);

            public static Tensor conv_transpose1d(
                Tensor input, Tensor weight, Tensor? bias = null, long? stride = null, long? padding = null, long? output_padding = null,
                long? dilation = null, long groups = 1L) =>
                Aten.ConvTranspose1d.Call(input, weight, bias, stride ?? 1, padding ?? 0, output_padding ?? 0, groups, dilation ?? 1);

            public static Tensor conv_transpose2d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? output_padding = null,
                long[]? dilation = null, long groups = 1L) =>
                Aten.ConvTranspose2dInput.Call(
                    input, weight, bias, strides ?? [1, 1], padding ?? [0, 0], output_padding ?? [0, 0], groups, dilation ?? [1, 1]);

            /// <param name="pad">Before and after, of the last dimension first.</param>
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0d) =>
                functional.pad(input, (ReadOnlySpan<long>)pad, mode, value);

            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0d) =>
                mode is PaddingModes.Constant or PaddingModes.Zeros
                    ? Aten.ConstantPadNd.Call(input, pad, mode == PaddingModes.Zeros ? 0d : value)
                    : Aten.Pad.Call(input, pad, NameOf(mode));

            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0d) =>
                functional.pad(input, [pad.Item1, pad.Item2], mode, value);

            public static Tensor pad(Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0d) =>
                functional.pad(input, [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            public static Tensor pad(Tensor input, long pad, PaddingModes mode = PaddingModes.Constant, double value = 0d) =>
                functional.pad(input, [pad, pad], mode, value);

            public static Tensor dropout(Tensor input, double p = 0.5d, bool training = true, bool inplace = false) => inplace
                ? Aten.Dropout_.Mutate(input, p, training)
                : Aten.Dropout.Call(input, p, training);

            public static Tensor one_hot(Tensor x, long num_classes = -1L) => Aten.OneHot.Call(x, num_classes);

            public static Tensor unfold(Tensor input, long kernel_size, long dilation = 1L, long padding = 0L, long stride = 1L) =>
                Aten.Im2col.Call(input, kernel_size, dilation, padding, stride);

            public static Tensor avg_pool1d(
                Tensor input, long kernel_size, long? stride = null, long? padding = null, bool ceil_mode = false, bool count_include_pad = true) =>
                Aten.AvgPool1d.Call(input, kernel_size, stride ?? kernel_size, padding ?? 0, ceil_mode, count_include_pad);

            public static Tensor normalize(Tensor input, double p = 2d, long dim = 1L, double eps = 1E-12d)
            {
                using var scope = NewDisposeScope();
                var length = Aten.NormScalarOptDim.Call(input, p, dim, true).clamp_min(eps);
                return input.div(length).MoveToOuterDisposeScope();
            }

            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1L, double eps = 1E-08d) =>
                Aten.CosineSimilarity.Call(x1, x2, dim, eps);

            /// <summary>
            /// softmax(Q Kᵀ / √d + mask) V over the last two dimensions. libtorch 2 has an operator for it; before, it is put together from others.
            /// A mask of truth values says where to attend; any other is added.
            /// </summary>
            public static Tensor scaled_dot_product_attention(
                Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0d, bool is_casual = false)
            {
                if (is_casual && attn_mask is not null)
                {
                    throw new ArgumentException("Attention is causal or has a mask, not both.", nameof(attn_mask));
                }

                if (Aten.ScaledDotProductAttention.Exists)
                {
                    return Aten.ScaledDotProductAttention.Call(query, key, value, attn_mask, p, is_casual);
                }

                using var scope = NewDisposeScope();
                var scores = query.matmul(key.transpose(-2, -1)).div(Math.Sqrt(query.size(-1)));
                if (is_casual)
                {
                    attn_mask = ones([query.size(-2), key.size(-2)], ScalarType.Bool, query.device).tril();
                }

                if (attn_mask is not null)
                {
                    scores = attn_mask.dtype == ScalarType.Bool
                        ? scores.masked_fill(attn_mask.logical_not(), double.NegativeInfinity)
                        : scores.add(attn_mask);
                }

                return dropout(scores.softmax(-1), p, p > 0).matmul(value).MoveToOuterDisposeScope();
            }

            internal static string NameOf(PaddingModes mode) => mode switch
            {
                PaddingModes.Reflect => "reflect",
                PaddingModes.Replicate => "replicate",
                PaddingModes.Circular => "circular",
                PaddingModes.Constant or PaddingModes.Zeros => "constant",
                _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "There is no such padding."),
            };
        }
    }
}
