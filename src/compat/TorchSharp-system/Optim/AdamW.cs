using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>Adam with the decay of weights apart from the gradient (Loshchilov and Hutter, arXiv:1711.05101).</summary>
        public class AdamW : OptimizerHelper, optim.IBetas
        {
            public AdamW(
                IEnumerable<Parameter> parameters, double lr = 0.001d, double beta1 = 0.9d, double beta2 = 0.999d, double eps = 1E-08d,
                double weight_decay = 0d, bool amsgrad = false, bool maximize = false)
                : this([new ParamGroup(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)], lr)
            {
            }

            public AdamW(
                IEnumerable<ParamGroup> parameters, double lr = 0.001d, double beta1 = 0.9d, double beta2 = 0.999d, double eps = 1E-08d,
                double weight_decay = 0d, bool amsgrad = false, bool maximize = false)
            {
                _defaults = new Options
                {
                    LearningRate = lr,
                    InitialLearningRate = lr,
                    beta1 = beta1,
                    beta2 = beta2,
                    eps = eps,
                    weight_decay = weight_decay,
                    amsgrad = amsgrad,
                    maximize = maximize,
                };
                foreach (var group in parameters)
                {
                    AddGroup(group);
                }
            }

            public (double, double) Betas
            {
                get => _parameter_groups.OfType<ParamGroup>().First().Betas;
                set
                {
                    foreach (var group in _parameter_groups.OfType<ParamGroup>())
                    {
                        group.Betas = value;
                    }
                }
            }

            public override void add_param_group(Modules.ParamGroup param_group) => AddGroup(param_group);

            public override Tensor? step(Func<Tensor>? closure = null) => _step<ParamGroup>(Learn, closure);

            private void Learn(ParamGroup group)
            {
                var options = group.Options;
                var lr = options.LearningRate!.Value;
                var (beta1, beta2) = group.Betas;
                foreach (var parameter in group.Parameters)
                {
                    var gradient = parameter.grad;
                    if (gradient is null)
                    {
                        continue;
                    }

                    gradient = options.maximize!.Value ? -gradient : gradient;
                    parameter.mul_(1 - (lr * options.weight_decay!.Value));
                    var state = (State)_state[parameter.Handle];
                    state.step++;
                    state.exp_avg.mul_(beta1).add_(gradient, 1 - beta1);
                    state.exp_avg_sq.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
                    var squares = state.exp_avg_sq;
                    if (state.max_exp_avg_sq is not null)
                    {
                        using var highest = maximum(state.max_exp_avg_sq, state.exp_avg_sq);
                        squares = state.max_exp_avg_sq.copy_(highest);
                    }

                    // The averages start from zero: the corrections undo their pull towards it.
                    var scale = squares.sqrt().div_(Math.Sqrt(1 - Math.Pow(beta2, state.step))).add_(options.eps!.Value);
                    parameter.addcdiv_(state.exp_avg, scale, -lr / (1 - Math.Pow(beta1, state.step)));
                }
            }

            /// <summary>A group takes from the optimizer what it does not say itself.</summary>
            private void AddGroup(Modules.ParamGroup group)
            {
                var defaults = (Options)_defaults;
                if (group.Options is not Options options)
                {
                    group.Options = options = new Options { LearningRate = group.Options.LearningRate };
                }

                options.LearningRate ??= defaults.LearningRate;
                options.beta1 ??= defaults.beta1;
                options.beta2 ??= defaults.beta2;
                options.eps ??= defaults.eps;
                options.weight_decay ??= defaults.weight_decay;
                options.amsgrad ??= defaults.amsgrad;
                options.maximize ??= defaults.maximize;
                Check(
                    options, ("beta1", options.beta1, 1), ("beta2", options.beta2, 1), ("eps", options.eps, double.PositiveInfinity),
                    ("weight_decay", options.weight_decay, double.PositiveInfinity));
                Add(group, parameter => new State(parameter));
            }

            /// <summary>The numbers of the method, by the names of its paper.</summary>
            public class Options : OptimizerOptions
            {
                public double? beta1;
                public double? beta2;
                public double? weight_decay;
                public double? eps;
                public bool? amsgrad;
                public bool? maximize;
            }

            /// <summary>Running averages of a gradient and of its square.</summary>
            public sealed class State : OptimizerState, IDisposable
            {
                public long step;
                public Tensor exp_avg = null!;
                public Tensor exp_avg_sq = null!;
                public Tensor? max_exp_avg_sq;

                public State(Parameter parameter) : base(parameter)
                {
                }

                public override void Initialize(OptimizerOptions options)
                {
                    Dispose();
                    step = 0;
                    exp_avg = zeros_like(_parameter).DetachFromDisposeScope();
                    exp_avg_sq = zeros_like(_parameter).DetachFromDisposeScope();
                    max_exp_avg_sq = ((Options)options).amsgrad == true ? zeros_like(_parameter).DetachFromDisposeScope() : null;
                }

                public void Dispose()
                {
                    exp_avg?.Dispose();
                    exp_avg_sq?.Dispose();
                    max_exp_avg_sq?.Dispose();
                }
            }

            /// <summary>Parameters with numbers of their own.</summary>
            public class ParamGroup : ParamGroup<Options>, optim.IBetas
            {
                public ParamGroup()
                {
                }

                public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
                {
                }

                public ParamGroup(
                    IEnumerable<Parameter> parameters, double lr = 0.001d, double beta1 = 0.9d, double beta2 = 0.999d, double eps = 1E-08d,
                    double weight_decay = 0d, bool amsgrad = false, bool maximize = false)
                    : base(parameters, new Options
                    {
                        LearningRate = lr,
                        beta1 = beta1,
                        beta2 = beta2,
                        eps = eps,
                        weight_decay = weight_decay,
                        amsgrad = amsgrad,
                        maximize = maximize,
                    })
                {
                }

                public (double, double) Betas
                {
                    get => (Options.beta1!.Value, Options.beta2!.Value);
                    set => (Options.beta1, Options.beta2) = value;
                }
            }
        }
    }

    public static partial class torch
    {
        public static partial class optim
        {
            public static AdamW AdamW(
                IEnumerable<Parameter> parameters, double lr = 0.001d, double beta1 = 0.9d, double beta2 = 0.999d, double eps = 1E-08d,
                double weight_decay = 0d, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            public static AdamW AdamW(
                IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.001d, double beta1 = 0.9d, double beta2 = 0.999d,
                double eps = 1E-08d, double weight_decay = 0d, bool amsgrad = false, bool maximize = false) =>
                new(parameters.Select(item => item.parameter), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            public static AdamW AdamW(
                IEnumerable<Modules.AdamW.ParamGroup> parameters, double lr = 0.001d, double beta1 = 0.9d, double beta2 = 0.999d, double eps = 1E-08d,
                double weight_decay = 0d, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}
