using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        /// <content>Optimizers.</content>
        public static partial class optim
        {
            /// <summary>Moves parameters against their gradients.</summary>
            public abstract class Optimizer : IDisposable
            {
                /// <param name="handle">Not used here: these optimizers are not native ones.</param>
                protected Optimizer(nint handle)
                {
                }

                /// <summary>What it moves.</summary>
                public virtual IEnumerable<Modules.Parameter> parameters() => [];

                /// <summary>One step.</summary>
                /// <param name="closure">Computes the loss and the gradients again, or null where that has been done.</param>
                /// <returns>What <paramref name="closure"/> returned, or null.</returns>
                public virtual Tensor? step(Func<Tensor>? closure = null) => closure?.Invoke();

                /// <summary>Sets the gradients to zero.</summary>
                public virtual void zero_grad()
                {
                    foreach (var parameter in parameters())
                    {
                        using var gradient = parameter.grad;
                        gradient?.zero_();
                    }
                }

                /// <summary>Releases what it remembers of the parameters; they themselves stay.</summary>
                public void Dispose()
                {
                    Dispose(true);
                    GC.SuppressFinalize(this);
                }

                protected virtual void Dispose(bool disposing)
                {
                }
            }
        }
    }

    namespace Modules
    {
        /// <summary>An optimizer whose steps are made of tensor operations.</summary>
        public abstract class OptimizerHelper : optim.Optimizer
        {
            public OptimizerHelper() : base(0)
            {
            }
        }
    }
}
