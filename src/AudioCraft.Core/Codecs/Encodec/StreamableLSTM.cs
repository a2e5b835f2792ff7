using System.Globalization;
using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>LSTM layers over time with a skip connection around them, in the layout of convolutions (audiocraft/modules/lstm.py).</summary>
internal sealed class StreamableLSTM : CodecLayer
{
    private readonly LstmStack lstm;

    /// <param name="dimension">Input and output channels.</param>
    /// <param name="layers">Number of layers.</param>
    public StreamableLSTM(long dimension, int layers) : base(nameof(StreamableLSTM))
    {
        lstm = new LstmStack(dimension, layers);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override IStreamingLayer OpenStream() => new StreamingLSTM(this);

    /// <summary>[B, C, T] → [B, C, T].</summary>
    protected override Tensor Compute(Tensor input, bool padded) => Continue(input, null);

    /// <summary>[B, C, n] → [B, C, n], continuing from <paramref name="state"/> and updating it; null to start from zeros.</summary>
    private Tensor Continue(Tensor input, LstmState? state)
    {
        using var scope = NewDisposeScope();
        var steps = input.permute(2, 0, 1).contiguous();
        var output = lstm.Continue(steps, state).add(steps, Scalars.One);
        return output.permute(1, 2, 0).contiguous().MoveToOuterDisposeScope();
    }

    private sealed class StreamingLSTM(StreamableLSTM lstm) : IStreamingLayer
    {
        private readonly LstmState state = new();

        public Tensor? Push(Tensor? input, bool last) => input is null ? null : lstm.Continue(input, state);

        public long InputsFor(long outputs) => outputs;

        public void Dispose() => state.Dispose();
    }
}

/// <summary>
/// LSTM layers with PyTorch's parameter names (<c>weight_ih_l0</c>, <c>weight_hh_l0</c>, <c>bias_ih_l0</c>, <c>bias_hh_l0</c>, …) and gate order (input, forget, cell, output).
/// <para>
/// It is faster than <c>torch.nn.LSTM</c> on the CPU, which spends most of a codec's time on a general matrix product with the state, one row for each item.
/// Here the input's part of all steps is one product, and the state's part of a step is a <see cref="FewRowProduct"/>: MKL's matrix-vector product is slow
/// on AMD processors and uses one thread.
/// </para>
/// </summary>
internal sealed class LstmStack : Module<Tensor, Tensor>
{
    private readonly long hidden;
    private readonly int layers;

    /// <param name="dimension">Size of input, state and output.</param>
    /// <param name="layers">Number of layers.</param>
    public LstmStack(long dimension, int layers) : base(nameof(LstmStack))
    {
        hidden = dimension;
        this.layers = layers;
        RegisterComponents();
        for (var layer = 0; layer < layers; layer++)
        {
            register_parameter(Name("weight_ih", layer), ParameterFactory.FanIn(hidden, 4 * hidden, hidden));
            register_parameter(Name("weight_hh", layer), ParameterFactory.FanIn(hidden, 4 * hidden, hidden));
            register_parameter(Name("bias_ih", layer), ParameterFactory.FanIn(hidden, 4 * hidden));
            register_parameter(Name("bias_hh", layer), ParameterFactory.FanIn(hidden, 4 * hidden));
        }
    }

    /// <summary>[T, B, C] → [T, B, C], from a state of zeros.</summary>
    public override Tensor forward(Tensor input) => Continue(input, null);

    /// <summary>[n, B, C] → [n, B, C], continuing from <paramref name="state"/> and updating it; null to start from zeros. With a state it is not differentiable.</summary>
    public Tensor Continue(Tensor input, LstmState? state)
    {
        using var scope = NewDisposeScope();
        var output = input;
        for (var layer = 0; layer < layers; layer++)
        {
            output = RunLayer(output, layer, state);
        }

        return output.MoveToOuterDisposeScope();
    }

    private static string Name(string kind, int layer) => $"{kind}_l{layer.ToString(CultureInfo.InvariantCulture)}";

    private Parameter Of(string kind, int layer) => get_parameter(Name(kind, layer))!;

    private Tensor RunLayer(Tensor input, int layer, LstmState? memory)
    {
        using var scope = NewDisposeScope();
        var bias = Of("bias_ih", layer).add(Of("bias_hh", layer), Scalars.One);
        var gates = MatrixProduct.Linear(input, Of("weight_ih", layer), bias);
        var recurrent = Of("weight_hh", layer);
        if (memory is null && is_grad_enabled())
        {
            return RunDifferentiable(gates, recurrent).MoveToOuterDisposeScope();
        }

        var before = memory?.Of(layer);
        using var cell = before?.Cell.clone() ?? zeros(input.size(1), hidden, gates.dtype, gates.device);
        var output = RunInPlace(gates, recurrent, cell, before?.Hidden);
        memory?.Set(layer, output.select(0, input.size(0) - 1).clone(), cell.alias());
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>Each step writes into the memory of <paramref name="gates"/>, [T, B, 4C], into that of <paramref name="cell"/>, [B, C], and into one output.</summary>
    private Tensor RunInPlace(Tensor gates, Tensor recurrent, Tensor cell, Tensor? before)
    {
        var steps = gates.size(0);
        var items = gates.size(1);
        var output = empty(steps, items, hidden, gates.dtype, gates.device);
        using var transposed = recurrent.t();
        var state = before?.alias();
        for (var t = 0L; t < steps; t++)
        {
            using var scope = NewDisposeScope();
            var step = gates.select(0, t);
            if (state is not null)
            {
                AddRecurrent(step, state, recurrent, transposed);
            }

            var inputAndForget = step.narrow(1, 0, 2 * hidden).sigmoid_();
            var candidate = step.narrow(1, 2 * hidden, hidden).tanh_();
            var exit = step.narrow(1, 3 * hidden, hidden).sigmoid_();
            cell.mul_(inputAndForget.narrow(1, hidden, hidden)).add_(candidate.mul_(inputAndForget.narrow(1, 0, hidden)), Scalars.One);
            state?.Dispose();
            state = output.select(0, t).DetachFromDisposeScope();
            state.copy_(cell).tanh_().mul_(exit);
        }

        state?.Dispose();
        return output;
    }

    private static void AddRecurrent(Tensor step, Tensor state, Tensor recurrent, Tensor transposed)
    {
        if (step.size(0) <= MatrixProduct.FewRows && FewRowProduct.Supports(state, recurrent))
        {
            step.add_(FewRowProduct.Multiply(state, recurrent), Scalars.One);
            return;
        }

        step.addmm_(state, transposed);
    }

    private static Tensor RunDifferentiable(Tensor gates, Tensor recurrent)
    {
        var outputs = new List<Tensor>();
        Tensor? state = null;
        Tensor? cell = null;
        foreach (var input in gates.unbind(0))
        {
            var step = (state is null ? input : input.add(functional.linear(state, recurrent), Scalars.One)).chunk(4, 1);
            var added = step[0].sigmoid() * step[2].tanh();
            cell = cell is null ? added : (step[1].sigmoid() * cell).add(added, Scalars.One);
            state = step[3].sigmoid() * cell.tanh();
            outputs.Add(state);
        }

        return stack(outputs, 0);
    }
}

/// <summary>The state of an <see cref="LstmStack"/> between two pieces of a stream; a new one is all zeros.</summary>
internal sealed class LstmState : IDisposable
{
    private readonly Dictionary<int, (Tensor Hidden, Tensor Cell)> layers = [];

    /// <summary>Output and memory cell of a layer after its last step, each [B, C]; null at the start.</summary>
    public (Tensor Hidden, Tensor Cell)? Of(int layer) => layers.TryGetValue(layer, out var state) ? state : null;

    /// <summary>Replaces them and owns the new ones, detached from the dispose scope of the call.</summary>
    public void Set(int layer, Tensor hidden, Tensor cell)
    {
        Release(layer);
        layers[layer] = (hidden.DetachFromDisposeScope(), cell.DetachFromDisposeScope());
    }

    public void Dispose()
    {
        foreach (var layer in layers.Keys.ToList())
        {
            Release(layer);
        }
    }

    private void Release(int layer)
    {
        if (layers.Remove(layer, out var state))
        {
            state.Hidden.Dispose();
            state.Cell.Dispose();
        }
    }
}
