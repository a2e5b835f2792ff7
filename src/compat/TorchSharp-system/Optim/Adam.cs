using static TorchSharp.torch;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>Adam (Kingma and Ba 2015; with <c>amsgrad</c> the variant of Reddi et al. 2018).</summary>
        public class Adam : OptimizerHelper, optim.IBetas
        {
            private readonly List<Memory> memories;
            private readonly double lr, eps, weight_decay;
            private readonly bool amsgrad, maximize;

            /// <param name="parameters">What to move; an object of them is moved as long as it lives, so take them after <c>.to()</c>.</param>
            /// <param name="lr">Step size.</param>
            /// <param name="beta1">Decay of the mean of gradients.</param>
            /// <param name="beta2">Decay of the mean of their squares.</param>
            /// <param name="eps">Added to the root of the latter.</param>
            /// <param name="weight_decay">Share of a parameter that is added to its gradient.</param>
            /// <param name="amsgrad">Whether the greatest mean of squares so far is used.</param>
            /// <param name="maximize">Whether to go with the gradient.</param>
            public Adam(
                IEnumerable<Parameter> parameters, double lr = 0.001d, double beta1 = 0.9d, double beta2 = 0.999d, double eps = 1E-08d,
                double weight_decay = 0d, bool amsgrad = false, bool maximize = false)
            {
                ArgumentNullException.ThrowIfNull(parameters);
                if (!(lr >= 0 && beta1 is >= 0 and < 1 && beta2 is >= 0 and < 1 && eps >= 0 && weight_decay >= 0))
                {
                    throw new ArgumentException($"Adam: lr {lr}, betas {beta1} and {beta2}, eps {eps}, weight_decay {weight_decay}: none may be negative, and betas are below 1.");
                }

                (this.lr, this.eps, this.weight_decay) = (lr, eps, weight_decay);
                (this.amsgrad, this.maximize) = (amsgrad, maximize);
                Betas = (beta1, beta2);
                Moved = [.. parameters];
                memories = [.. Moved.Select(_ => new Memory())];
            }

            public (double, double) Betas { get; set; }

            public override Tensor? step(Func<Tensor>? closure = null)
            {
                Tensor? loss = null;
                if (closure is not null)
                {
                    using var enabled = enable_grad();
                    loss = closure();
                }

                using var guard = no_grad();
                foreach (var (parameter, memory) in Moved.Zip(memories))
                {
                    using var scope = NewDisposeScope();
                    if (parameter.grad is { } gradient)
                    {
                        Move(parameter, gradient, memory);
                    }
                }

                return loss;
            }

            protected override void Dispose(bool disposing)
            {
                if (disposing)
                {
                    memories.ForEach(memory => memory.Dispose());
                }

                base.Dispose(disposing);
            }

            private void Move(Parameter parameter, Tensor gradient, Memory memory)
            {
                var (beta1, beta2) = Betas;
                memory.Start(parameter, amsgrad);
                memory.Steps++;
                var direction = maximize ? gradient.neg() : gradient;
                if (weight_decay != 0)
                {
                    direction = direction.add(parameter, weight_decay);
                }

                memory.Mean!.mul_(beta1).add_(direction, 1 - beta1);
                memory.Square!.mul_(beta2).addcmul_(direction, direction, 1 - beta2);
                if (memory.Greatest is not null)
                {
                    using var greater = maximum(memory.Greatest, memory.Square);
                    memory.Greatest.copy_(greater);
                }

                // Both means start at zero; dividing by what they have seen corrects for it.
                var seen1 = 1 - Math.Pow(beta1, memory.Steps);
                var seen2 = 1 - Math.Pow(beta2, memory.Steps);
                var scale = (memory.Greatest ?? memory.Square).sqrt().div_(Math.Sqrt(seen2)).add_(eps);
                parameter.addcdiv_(memory.Mean, scale, -lr / seen1);
            }

            /// <summary>What is remembered of a parameter.</summary>
            private sealed class Memory : IDisposable
            {
                public Tensor? Mean { get; private set; }

                public Tensor? Square { get; private set; }

                public Tensor? Greatest { get; private set; }

                public long Steps { get; set; }

                public void Start(Parameter parameter, bool amsgrad)
                {
                    if (Mean is null)
                    {
                        Mean = zeros_like(parameter).DetachFromDisposeScope();
                        Square = zeros_like(parameter).DetachFromDisposeScope();
                        Greatest = amsgrad ? zeros_like(parameter).DetachFromDisposeScope() : null;
                    }
                }

                public void Dispose()
                {
                    Mean?.Dispose();
                    Square?.Dispose();
                    Greatest?.Dispose();
                }
            }
        }
    }

    public static partial class torch
    {
        public static partial class optim
        {
            public static Modules.Adam Adam(
                IEnumerable<Modules.Parameter> parameters, double lr = 0.001d, double beta1 = 0.9d, double beta2 = 0.999d, double eps = 1E-08d,
                double weight_decay = 0d, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}
