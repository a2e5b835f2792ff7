using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>What a language model remembers between the steps of a batch of sequences: its transformer's state, and the conditions that change its input.</summary>
internal sealed class LMState : IDisposable
{
    /// <param name="transformer">Taken over.</param>
    /// <param name="conditions">The conditions that change the transformer's input; shared, not taken over.</param>
    /// <param name="addend">What they add to a single step, or null; shared, not taken over.</param>
    public LMState(TransformerState transformer, IReadOnlyList<ConditionTensor> conditions, Tensor? addend)
    {
        Transformer = transformer;
        Conditions = new ConditionTensors([.. conditions.Select(condition => condition with { Embeddings = condition.Embeddings.alias().DetachFromDisposeScope() })]);
        Addend = addend?.alias().DetachFromDisposeScope();
    }

    /// <summary>The transformer's state.</summary>
    public TransformerState Transformer { get; }

    /// <summary>The conditions that change the transformer's input.</summary>
    public ConditionTensors Conditions { get; }

    /// <summary>What the conditions add to each single step after the first, [B, 1, dim], or null.</summary>
    public Tensor? Addend { get; }

    /// <summary>What takes single steps in plain memory, or null. Disposed of with the state.</summary>
    public StepDecoder? Decoder { get; init; }

    /// <summary>Whether no step has been taken.</summary>
    public bool IsFirst => Transformer.Length == 0;

    public void Dispose()
    {
        Decoder?.Dispose();
        Transformer.Dispose();
        Addend?.Dispose();
        foreach (var condition in Conditions.Items)
        {
            condition.Embeddings.Dispose();
        }
    }
}
