using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>Steps along the gradient, with momentum where it is asked for.</summary>
        public class SGD : OptimizerHelper, optim.IMomentum
        {
            public SGD(
                IEnumerable<Parameter> parameters, double lr, double momentum = 0d, double dampening = 0d, double weight_decay = 0d,
                bool nesterov = false, bool maximize = false)
                : this([new ParamGroup(parameters, lr, momentum, dampening, weight_decay, nesterov, maximize)], lr)
            {
            }

            public SGD(
                IEnumerable<ParamGroup> parameters, double lr, double momentum = 0d, double dampening = 0d, double weight_decay = 0d,
                bool nesterov = false, bool maximize = false)
            {
                _defaults = new Options
                {
                    LearningRate = lr,
                    InitialLearningRate = lr,
                    momentum = momentum,
                    dampening = dampening,
                    weight_decay = weight_decay,
                    nesterov = nesterov,
                    maximize = maximize,
                };
                foreach (var group in parameters)
                {
                    AddGroup(group);
                }
            }

            public double Momentum
            {
                get => _parameter_groups.OfType<ParamGroup>().First().Momentum;
                set
                {
                    foreach (var group in _parameter_groups.OfType<ParamGroup>())
                    {
                        group.Momentum = value;
                    }
                }
            }

            public override void add_param_group(Modules.ParamGroup param_group) => AddGroup(param_group);

            public override Tensor? step(Func<Tensor>? closure = null) => _step<ParamGroup>(Learn, closure);

            private void Learn(ParamGroup group)
            {
                var options = group.Options;
                var momentum = options.momentum!.Value;
                foreach (var parameter in group.Parameters)
                {
                    var direction = parameter.grad;
                    if (direction is null)
                    {
                        continue;
                    }

                    direction = options.weight_decay!.Value != 0 ? direction.add(parameter, options.weight_decay.Value) : direction;
                    if (momentum != 0)
                    {
                        var state = (State)_state[parameter.Handle];
                        state.momentum_buffer = state.momentum_buffer is null
                            ? direction.clone().DetachFromDisposeScope()
                            : state.momentum_buffer.mul_(momentum).add_(direction, 1 - options.dampening!.Value);
                        direction = options.nesterov!.Value ? direction.add(state.momentum_buffer, momentum) : state.momentum_buffer;
                    }

                    parameter.add_(direction, options.maximize!.Value ? group.LearningRate : -group.LearningRate);
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
                options.momentum ??= defaults.momentum;
                options.dampening ??= defaults.dampening;
                options.weight_decay ??= defaults.weight_decay;
                options.nesterov ??= defaults.nesterov;
                options.maximize ??= defaults.maximize;
                Check(
                    options, ("momentum", options.momentum, double.PositiveInfinity),
                    ("weight_decay", options.weight_decay, double.PositiveInfinity));
                Add(group, parameter => new State(parameter));
            }

            /// <summary>The numbers of the method.</summary>
            public class Options : OptimizerOptions
            {
                public double? momentum;
                public double? dampening;
                public double? weight_decay;
                public bool? nesterov;
                public bool? maximize;
            }

            /// <summary>The direction of the last steps.</summary>
            public sealed class State : OptimizerState, IDisposable
            {
                public Tensor? momentum_buffer;

                public State(Parameter parameter) : base(parameter)
                {
                }

                public override void Initialize(OptimizerOptions options)
                {
                    Dispose();
                    momentum_buffer = null;
                }

                public void Dispose() => momentum_buffer?.Dispose();
            }

            /// <summary>Parameters with numbers of their own.</summary>
            public class ParamGroup : ParamGroup<Options>, optim.IMomentum
            {
                public ParamGroup()
                {
                }

                public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
                {
                }

                public ParamGroup(
                    IEnumerable<Parameter> parameters, double lr = 0.001d, double momentum = 0d, double dampening = 0d, double weight_decay = 0d,
                    bool nesterov = false, bool maximize = false)
                    : base(parameters, new Options
                    {
                        LearningRate = lr,
                        momentum = momentum,
                        dampening = dampening,
                        weight_decay = weight_decay,
                        nesterov = nesterov,
                        maximize = maximize,
                    })
                {
                }

                public double Momentum
                {
                    get => Options.momentum!.Value;
                    set => Options.momentum = value;
                }
            }
        }
    }

    public static partial class torch
    {
        public static partial class optim
        {
            public static SGD SGD(
                IEnumerable<Parameter> parameters, double learningRate, double momentum = 0d, double dampening = 0d, double weight_decay = 0d,
                bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);

            public static SGD SGD(
                IEnumerable<(string name, Parameter parameter)> parameters, double learningRate, double momentum = 0d, double dampening = 0d,
                double weight_decay = 0d, bool nesterov = false, bool maximize = false) =>
                new(parameters.Select(item => item.parameter), learningRate, momentum, dampening, weight_decay, nesterov, maximize);

            public static SGD SGD(
                IEnumerable<Modules.SGD.ParamGroup> parameters, double learningRate, double momentum = 0d, double dampening = 0d,
                double weight_decay = 0d, bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);
        }
    }
}
