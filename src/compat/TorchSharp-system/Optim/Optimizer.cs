using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        /// <summary>What changes parameters by their gradients.</summary>
        public static partial class optim
        {
            /// <summary>Something with a learning rate, which schedules change.</summary>
            public interface ILearningRateController
            {
                double LearningRate { get; set; }

                double InitialLearningRate { get; set; }
            }

            /// <summary>Something that averages gradients and their squares.</summary>
            public interface IBetas
            {
                (double, double) Betas { get; set; }
            }

            /// <summary>Something that keeps a part of its last step.</summary>
            public interface IMomentum
            {
                double Momentum { get; set; }
            }

            /// <summary>Groups of parameters and the way they take a step.</summary>
            public abstract class Optimizer : IDisposable
            {
                protected IList<ParamGroup> _parameter_groups = [];

                private protected Optimizer()
                {
                }

                ~Optimizer() => Dispose(false);

                public virtual IEnumerable<ILearningRateController> ParamGroups => _parameter_groups;

                public virtual void add_param_group(ParamGroup param_group) => _parameter_groups.Add(param_group);

                public virtual IEnumerable<Parameter> parameters() => _parameter_groups.SelectMany(group => group.Parameters);

                /// <summary>Sets the gradients to zero.</summary>
                public virtual void zero_grad()
                {
                    foreach (var parameter in parameters())
                    {
                        using var gradient = parameter.grad;
                        gradient?.fill_(0);
                    }
                }

                /// <summary>Changes every parameter that has a gradient.</summary>
                /// <param name="closure">Computes the loss and its gradients first, where it is given; its loss is returned.</param>
                public virtual Tensor? step(Func<Tensor>? closure = null) => throw new InvalidOperationException("This optimizer does not say how it takes a step.");

                public void Dispose()
                {
                    Dispose(true);
                    GC.SuppressFinalize(this);
                }

                protected virtual void Dispose(bool disposing)
                {
                    if (disposing)
                    {
                        Release();
                    }
                }

                private protected virtual void Release()
                {
                }
            }
        }
    }

    namespace Modules
    {
        /// <summary>The numbers that a group of parameters is learned with.</summary>
        public class OptimizerOptions
        {
            public double? LearningRate { get; set; }

            public double InitialLearningRate { get; set; }
        }

        /// <summary>What an optimizer remembers of one parameter.</summary>
        public abstract class OptimizerState
        {
            protected Parameter _parameter;

            protected OptimizerState(Parameter parameter) => _parameter = parameter;

            /// <summary>Starts from nothing.</summary>
            public abstract void Initialize(OptimizerOptions options);
        }

        /// <summary>Parameters that are learned with the same numbers.</summary>
        public class ParamGroup : optim.ILearningRateController
        {
            public IEnumerable<Parameter> Parameters { get; set; } = [];

            public OptimizerOptions Options { get; set; } = new();

            public double LearningRate
            {
                get => Options.LearningRate ?? 0;
                set => Options.LearningRate = value;
            }

            public double InitialLearningRate
            {
                get => Options.InitialLearningRate;
                set => Options.InitialLearningRate = value;
            }
        }

        /// <summary>A group whose options are of a known kind.</summary>
        public class ParamGroup<TOptions> : ParamGroup where TOptions : OptimizerOptions
        {
            public ParamGroup()
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, TOptions? options = null)
            {
                Parameters = parameters;
                if (options is not null)
                {
                    base.Options = options;
                }
            }

            public new TOptions Options
            {
                get => (TOptions)base.Options;
                set => base.Options = value;
            }
        }

        /// <summary>What the optimizers here share: a state for each parameter, and steps without gradients of their own.</summary>
        public abstract class OptimizerHelper : optim.Optimizer
        {
            protected OptimizerOptions _defaults = new();
            protected OrderedDict<nint, OptimizerState> _state = [];

            public OptimizerHelper()
            {
            }

            protected Tensor? _step<T>(Action<T> body, Func<Tensor>? loss_closure = null) where T : ParamGroup
            {
                Tensor? loss = null;
                if (loss_closure is not null)
                {
                    using var gradients = enable_grad();
                    loss = loss_closure();
                }

                using var guard = no_grad();
                foreach (var group in _parameter_groups)
                {
                    using var scope = NewDisposeScope();
                    body((T)group);
                }

                return loss;
            }

            /// <exception cref="ArgumentException">A number is negative, or an average forgets nothing.</exception>
            private protected static void Check(OptimizerOptions options, params (string Name, double? Value, double Limit)[] numbers)
            {
                foreach (var (name, value, limit) in numbers.Prepend(("lr", options.LearningRate, double.PositiveInfinity)))
                {
                    if (!(value >= 0 && value < limit))
                    {
                        throw new ArgumentException($"{name} is {value}, but must be at least 0{(limit < 2 ? $" and below {limit}" : "")}.", name);
                    }
                }
            }

            /// <summary>Lists a group and gives each of its parameters a state that no dispose scope owns.</summary>
            private protected void Add(ParamGroup group, Func<Parameter, OptimizerState> state)
            {
                using var guard = no_grad();
                group.Parameters = group.Parameters.ToArray();
                group.InitialLearningRate = group.LearningRate;
                _parameter_groups.Add(group);
                foreach (var parameter in group.Parameters)
                {
                    var made = state(parameter);
                    made.Initialize(group.Options);
                    _state.Add(parameter.Handle, made);
                }
            }

            private protected override void Release()
            {
                foreach (var state in _state.values().OfType<IDisposable>())
                {
                    state.Dispose();
                }

                _state.Clear();
            }
        }
    }
}
