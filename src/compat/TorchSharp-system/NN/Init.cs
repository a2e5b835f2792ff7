namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Fillings for parameters. They return the tensor that they filled.</summary>
        public static class init
        {
            /// <summary>Which side of a layer a variance is kept on.</summary>
            public enum FanInOut
            {
                FanIn = 0,
                FanOut = 1,
            }

            /// <summary>What follows the layer.</summary>
            public enum NonlinearityType
            {
                Linear = 0,
                Conv1D = 1,
                Conv2D = 2,
                Conv3D = 3,
                ConvTranspose1D = 4,
                ConvTranspose2D = 5,
                ConvTranspose3D = 6,
                Sigmoid = 7,
                Tanh = 8,
                ReLU = 9,
                LeakyReLU = 10,
            }

            public static Tensor constant_(Tensor tensor, Scalar val) => Filled(tensor, t => t.fill_(val));

            public static Tensor zeros_(Tensor tensor) => constant_(tensor, 0);

            public static Tensor ones_(Tensor tensor) => constant_(tensor, 1);

            public static Tensor uniform_(Tensor tensor, double low = 0d, double high = 1d, Generator? generator = null) =>
                Filled(tensor, t => t.uniform_(low, high, generator));

            public static Tensor normal_(Tensor tensor, double mean = 0d, double std = 1d, Generator? generator = null) =>
                Filled(tensor, t => t.normal_(mean, std, generator));

            /// <summary>Normal numbers, drawn again where they fall outside [a, b].</summary>
            public static Tensor trunc_normal_(
                Tensor tensor, double mean = 0d, double std = 1d, double a = -2d, double b = 2d, Generator? generator = null) =>
                Filled(tensor, t =>
                {
                    // The inverse of the normal distribution, over the part of the uniform one that leads into the interval.
                    var (low, high) = (Normal((a - mean) / std), Normal((b - mean) / std));
                    t.uniform_((2 * low) - 1, (2 * high) - 1, generator).erfinv_();
                    t.mul_(std * Math.Sqrt(2)).add_(mean).clamp_((Scalar)a, (Scalar)b);
                });

            public static Tensor kaiming_uniform_(
                Tensor tensor, double a = 0d, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
            {
                var bound = Math.Sqrt(3) * calculate_gain(nonlinearity, a) / Math.Sqrt(Fan(tensor, mode));
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor kaiming_normal_(
                Tensor tensor, double a = 0d, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU) =>
                normal_(tensor, 0, calculate_gain(nonlinearity, a) / Math.Sqrt(Fan(tensor, mode)));

            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1d)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                var bound = gain * Math.Sqrt(6.0 / (fanIn + fanOut));
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor xavier_normal_(Tensor tensor, double gain = 1d)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return normal_(tensor, 0, gain * Math.Sqrt(2.0 / (fanIn + fanOut)));
            }

            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0d) => nonlinearity switch
            {
                NonlinearityType.Tanh => 5.0 / 3,
                NonlinearityType.ReLU => Math.Sqrt(2),
                NonlinearityType.LeakyReLU => Math.Sqrt(2 / (1 + (param * param))),
                _ => 1,
            };

            /// <exception cref="ArgumentException">Fewer than two dimensions.</exception>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                ArgumentNullException.ThrowIfNull(tensor);
                if (tensor.ndim < 2)
                {
                    throw new ArgumentException($"[{string.Join(", ", tensor.shape)}] has no fan in and out: there must be two dimensions.", nameof(tensor));
                }

                var field = tensor.shape.Skip(2).TotalSize();
                return (tensor.size(1) * field, tensor.size(0) * field);
            }

            private static long Fan(Tensor tensor, FanInOut mode)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return mode == FanInOut.FanIn ? fanIn : fanOut;
            }

            private static Tensor Filled(Tensor tensor, Action<Tensor> fill)
            {
                using var guard = no_grad();
                fill(tensor);
                return tensor;
            }

            /// <summary>The normal distribution function, by Abramowitz and Stegun 7.1.26 (error below 1.5e-7).</summary>
            private static double Normal(double x)
            {
                var z = Math.Abs(x) / Math.Sqrt(2);
                var t = 1 / (1 + (0.3275911 * z));
                var tail = t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429))))))));
                var erf = 1 - (tail * Math.Exp(-z * z));
                return 0.5 * (1 + (x < 0 ? -erf : erf));
            }
        }
    }
}
