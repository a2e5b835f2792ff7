using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>The conditioners of a model by the name of their condition (audiocraft/modules/conditioners.py).</summary>
internal sealed class ConditioningProvider : Module
{
    private readonly ConditionerTable conditioners;

    public ConditioningProvider(IReadOnlyDictionary<string, T5Conditioner> conditioners) : base(nameof(ConditioningProvider))
    {
        this.conditioners = new ConditionerTable(conditioners);
        RegisterComponents();
    }

    /// <summary>The conditioner of a condition.</summary>
    /// <exception cref="InvalidOperationException">The model has none of that name.</exception>
    public T5Conditioner this[string name] => conditioners.ByName.TryGetValue(name, out var conditioner)
        ? conditioner
        : throw new InvalidOperationException($"This model was built without a conditioner for '{name}': it generates from given condition tensors only.");

    // TorchSharp's ModuleDict cannot be moved to another device or type (`to` throws), so the table registers its members itself.
    private sealed class ConditionerTable : Module
    {
        public ConditionerTable(IReadOnlyDictionary<string, T5Conditioner> byName) : base(nameof(ConditionerTable))
        {
            ByName = byName;
            foreach (var (name, conditioner) in byName)
            {
                register_module(name, conditioner);
            }

            RegisterComponents();
        }

        public IReadOnlyDictionary<string, T5Conditioner> ByName { get; }
    }
}
