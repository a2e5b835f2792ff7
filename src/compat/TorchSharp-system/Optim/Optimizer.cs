using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        /// <content>Optimizers.</content>
        public static partial class optim
        {
            /// <summary>What averages gradients and their squares.</summary>
            public interface IBetas
            {
                /// <summary>Decay of the two averages.</summary>
                (double, double) Betas { get; set; }
            }

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

            private protected IReadOnlyList<Parameter> Moved { get; init; } = [];

            public override IEnumerable<Parameter> parameters() => Moved;

            public override void zero_grad()
            {
                foreach (var parameter in Moved)
                {
                    using var gradient = parameter.grad;
                    gradient?.zero_();
                }
            }
        }
    }
}
