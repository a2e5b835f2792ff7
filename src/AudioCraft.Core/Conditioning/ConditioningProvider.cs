using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Conditioning;

/// <summary>The conditioners of a model by name of the condition (audiocraft/modules/conditioners.py).</summary>
internal sealed class ConditioningProvider : Module
{
    private readonly ConditionerTable conditioners;

    public ConditioningProvider(IReadOnlyList<KeyValuePair<string, TextConditioner>> conditioners) : base(nameof(ConditioningProvider))
    {
        this.conditioners = new ConditionerTable(conditioners);
        Names = [.. conditioners.Select(pair => pair.Key)];
        RegisterComponents();
    }

    /// <summary>Names of the conditions, in the order in which they are applied.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The conditioner of a condition.</summary>
    /// <exception cref="InvalidOperationException">The model has no conditioner of that name.</exception>
    public TextConditioner this[string name] => conditioners.ByName.TryGetValue(name, out var conditioner)
        ? conditioner
        : throw new InvalidOperationException($"This model was built without a conditioner for '{name}': it can only generate from condition tensors.");

    // TorchSharp's ModuleDict cannot be moved to another device or type (`to` throws), so the table registers its members itself.
    private sealed class ConditionerTable : Module
    {
        public ConditionerTable(IReadOnlyList<KeyValuePair<string, TextConditioner>> conditioners) : base(nameof(ConditionerTable))
        {
            ByName = new Dictionary<string, TextConditioner>(conditioners);
            foreach (var (name, conditioner) in conditioners)
            {
                register_module(name, conditioner);
            }

            RegisterComponents();
        }

        public Dictionary<string, TextConditioner> ByName { get; }
    }
}
