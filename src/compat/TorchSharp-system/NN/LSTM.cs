using TorchSharp.Interop;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>
        /// Long short-term memory: [length, batch, inputs] (or batch first) → outputs of every step, and the last hidden and cell states
        /// [layers × directions, batch, hidden]. Parameters are named as in PyTorch (<c>weight_ih_l0</c>, <c>bias_hh_l1_reverse</c>).
        /// </summary>
        public sealed class LSTM : nn.Module<Tensor, (Tensor, Tensor)?, (Tensor, Tensor, Tensor)>
        {
            private readonly long hiddenSize;
            private readonly long layers;
            private readonly bool hasBias;
            private readonly bool batchFirst;
            private readonly double dropout;
            private readonly bool bidirectional;

            internal LSTM(
                long inputSize, long hiddenSize, long layers, bool hasBias, bool batchFirst, double dropout, bool bidirectional, Device? device,
                ScalarType? dtype)
                : base(nameof(LSTM))
            {
                this.hiddenSize = hiddenSize;
                this.layers = layers;
                this.hasBias = hasBias;
                this.batchFirst = batchFirst;
                this.dropout = dropout;
                this.bidirectional = bidirectional;
                using var guard = no_grad();
                var bound = 1 / Math.Sqrt(hiddenSize);
                void Register(string parameterName, params long[] shape)
                {
                    var parameter = new Parameter(empty(shape, dtype, device).uniform_(-bound, bound));
                    parameter.DetachFromDisposeScope();
                    register_parameter(parameterName, parameter);
                }

                for (var layer = 0; layer < layers; layer++)
                {
                    var inputs = layer == 0 ? inputSize : hiddenSize * Directions;
                    for (var direction = 0; direction < Directions; direction++)
                    {
                        var place = $"l{layer}{(direction == 1 ? "_reverse" : "")}";
                        Register($"weight_ih_{place}", 4 * hiddenSize, inputs);
                        Register($"weight_hh_{place}", 4 * hiddenSize, hiddenSize);
                        if (hasBias)
                        {
                            Register($"bias_ih_{place}", 4 * hiddenSize);
                            Register($"bias_hh_{place}", 4 * hiddenSize);
                        }
                    }
                }
            }

            private int Directions => bidirectional ? 2 : 1;

            /// <param name="h0_c0">The states to begin with, each [layers × directions, batch, hidden]; zeros where left out.</param>
            public override (Tensor, Tensor, Tensor) forward(Tensor input, (Tensor, Tensor)? h0_c0 = null)
            {
                ArgumentNullException.ThrowIfNull(input);
                var batch = input.size(batchFirst ? 0 : 1);
                using var zero = h0_c0 is null ? zeros([layers * Directions, batch, hiddenSize], input.dtype, input.device) : null;
                var (hidden, cell) = h0_c0 ?? (zero!, zero!);
                var weights = _internal_params.values().ToArray();
                return Aten.LstmInput.Invoke(
                    input, Argument.Tensors([hidden, cell]), Argument.Tensors(weights), hasBias, layers, dropout, training, bidirectional, batchFirst)
                    .Triple();
            }

            public new (Tensor, Tensor, Tensor) call(Tensor input, (Tensor, Tensor)? h0_c0 = null) => base.call(input, h0_c0);

            /// <summary>Nothing to do on the CPU; on CUDA libtorch packs the weights at the call.</summary>
            public void flatten_parameters()
            {
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static LSTM LSTM(
                long inputSize, long hiddenSize, long numLayers = 1L, bool bias = true, bool batchFirst = false, double dropout = 0d,
                bool bidirectional = false, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, device, dtype);
        }
    }
}
