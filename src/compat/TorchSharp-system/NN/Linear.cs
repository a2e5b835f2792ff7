using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>x Wᵀ + b: […, in_features] → […, out_features].</summary>
        public sealed class Linear : nn.Module<Tensor, Tensor>
        {
            [ComponentName(Name = nameof(weight))]
            private Parameter? _weight;

            [ComponentName(Name = nameof(bias))]
            private Parameter? _bias;

            internal Linear(Parameter weight, Parameter? bias) : base(nameof(Linear))
            {
                in_features = weight.size(1);
                out_features = weight.size(0);
                this.weight = weight;
                this.bias = bias;
            }

            public long in_features { get; set; }

            public long out_features { get; set; }

            public Parameter weight
            {
                get => _weight!;
                set => SetParameter(ref _weight, nameof(weight), value);
            }

            public Parameter? bias
            {
                get => _bias;
                set => SetParameter(ref _bias, nameof(bias), value);
            }

            public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, weight, bias);
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static Linear Linear(Modules.Parameter weight, Modules.Parameter? bias = null) => new(weight, bias);

            public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null)
            {
                var (weight, bias) = FanIn([outputSize, inputSize], hasBias ? outputSize : 0, inputSize, device, dtype);
                return new Linear(weight, bias);
            }

            /// <summary>A weight and a bias, both uniform within 1/√<paramref name="fanIn"/>, as PyTorch fills linear and convolution layers.</summary>
            internal static (Modules.Parameter Weight, Modules.Parameter? Bias) FanIn(
                long[] shape, long biases, long fanIn, Device? device, ScalarType? dtype)
            {
                using var guard = no_grad();
                var bound = fanIn > 0 ? 1 / Math.Sqrt(fanIn) : 0;
                Modules.Parameter Filled(long[] sizes) => new(empty(sizes, dtype, device).uniform_(-bound, bound));
                return (Filled(shape), biases > 0 ? Filled([biases]) : null);
            }
        }
    }
}
