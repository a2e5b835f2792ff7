using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <content>Resampling by interpolation.</content>
        public static partial class functional
        {
            /// <summary>To a size or by a factor; one dimension (nearest, linear, area) or two (nearest, bilinear, bicubic, area).</summary>
            public static Tensor interpolate(
                Tensor x, long[]? size = null, double[]? scale_factor = null, InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null, bool recompute_scale_factor = false, bool antialias = false)
            {
                ArgumentNullException.ThrowIfNull(x);
                if (size is null == scale_factor is null)
                {
                    throw new ArgumentException("Interpolation takes a size or a scale factor: one of the two.", nameof(size));
                }

                if (antialias || x.ndim is < 3 or > 4)
                {
                    throw new ArgumentException(
                        $"Interpolation without antialiasing takes [N, C, W] and [N, C, H, W], not [{string.Join(", ", x.shape)}].", nameof(x));
                }

                var spatial = (int)x.ndim - 2;
                if (recompute_scale_factor && scale_factor is not null)
                {
                    size = Scaled(x, Spread(scale_factor, spatial));
                    scale_factor = null;
                }

                if (size is not null)
                {
                    size = Spread(size, spatial);
                }
                else
                {
                    scale_factor = Spread(scale_factor!, spatial);
                }

                var corners = align_corners ?? false;
                return (mode, spatial) switch
                {
                    (InterpolationMode.Nearest, 1) => Aten.UpsampleNearest1dVec.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 2) => Aten.UpsampleNearest2dVec.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 1) => Aten._UpsampleNearestExact1dVec.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 2) => Aten._UpsampleNearestExact2dVec.Call(x, size, scale_factor),
                    (InterpolationMode.Linear, 1) => Aten.UpsampleLinear1dVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bilinear, 2) => Aten.UpsampleBilinear2dVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bicubic, 2) => Aten.UpsampleBicubic2dVec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Area, 1) => Aten.AdaptiveAvgPool1d.Call(x, size ?? Scaled(x, scale_factor!)),
                    (InterpolationMode.Area, 2) => Aten.AdaptiveAvgPool2d.Call(x, size ?? Scaled(x, scale_factor!)),
                    _ => throw new ArgumentException($"{mode} does not interpolate {spatial} dimensions.", nameof(mode)),
                };
            }

            private static long[] Scaled(Tensor x, double[] factors) =>
                factors.Select((factor, i) => (long)Math.Floor(x.size(i + 2) * factor)).ToArray();

            private static T[] Spread<T>(T[] values, int count) => values.Length switch
            {
                1 => Enumerable.Repeat(values[0], count).ToArray(),
                var length when length == count => values,
                _ => throw new ArgumentException($"{values.Length} values were given for {count} dimensions.", nameof(values)),
            };
        }
    }
}
