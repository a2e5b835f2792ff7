using TorchSharp.Interop;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>A row of the weight for each index: […] int64 → […, embedding_dims].</summary>
        public sealed class Embedding : nn.Module<Tensor, Tensor>
        {
            private readonly long padding;
            private readonly double? maxNorm;
            private readonly double normType;
            private readonly bool scaleGradient;
            private readonly bool sparse;

            [ComponentName(Name = nameof(weight))]
            private Parameter? _weight;

            internal Embedding(Parameter weight, long? padding, double? maxNorm, double normType, bool scaleGradient, bool sparse)
                : base(nameof(Embedding))
            {
                this.padding = padding ?? -1;
                this.maxNorm = maxNorm;
                this.normType = normType;
                this.scaleGradient = scaleGradient;
                this.sparse = sparse;
                this.weight = weight;
            }

            public Parameter? weight
            {
                get => _weight;
                set => SetParameter(ref _weight, nameof(weight), value);
            }

            public override Tensor forward(Tensor input)
            {
                if (maxNorm is { } limit)
                {
                    using var guard = no_grad();
                    Aten.EmbeddingRenorm_.Mutate(weight!, input, limit, normType);
                }

                return Aten.Embedding.Call(weight, input, padding, scaleGradient, sparse);
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static Embedding Embedding(
                long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null, double norm_type = 2d,
                bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null)
            {
                using var guard = no_grad();
                var weight = empty([num_embeddings, embedding_dims], dtype, device).normal_();
                var padding = padding_idx < 0 ? padding_idx + num_embeddings : padding_idx;
                if (padding is { } row)
                {
                    using var zeroed = weight.select(0, row);
                    zeroed.fill_(0);
                }

                return new Embedding(new Modules.Parameter(weight), padding, max_norm, norm_type, scale_grad_by_freq, sparse);
            }
        }
    }
}
