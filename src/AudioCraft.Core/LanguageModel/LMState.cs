using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>The state of a language model between the decoding steps of a batch: the transformer's state, and the conditions that change its input.</summary>
internal sealed class LMState : IDisposable
{
    /// <param name="transformer">The transformer's state. The new state owns it.</param>
    /// <param name="conditions">The conditions that change the transformer's input. They remain the caller's.</param>
    /// <param name="addend">What they add to a single step, or null. It remains the caller's.</param>
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

    /// <summary>The kernel of single steps, or null where the modules compute them. Disposed of with the state.</summary>
    public StepDecoder? Decoder { get; init; }

    /// <summary>Whether the next single step can be computed by <see cref="Decoder"/>: the modules add prepended conditions to the first step.</summary>
    public bool CanDecode => Decoder is not null && (!IsFirst || Conditions.IsEmpty);

    /// <summary>Whether no step has been computed.</summary>
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
