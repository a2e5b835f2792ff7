using static TorchSharp.torch;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>A tensor that a module learns. It takes over the native tensor of the one it is made from, which is empty afterwards.</summary>
        public class Parameter : Tensor
        {
            public Parameter(Tensor data, bool requires_grad = true) : base(Prepared(data, requires_grad))
            {
            }

            private static Tensor Prepared(Tensor data, bool requires_grad)
            {
                ArgumentNullException.ThrowIfNull(data);
                return data.with_requires_grad(requires_grad);
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}
