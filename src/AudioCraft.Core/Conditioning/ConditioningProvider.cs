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
        RegisterComponents();
    }

    /// <summary>The conditioners by name of the condition, in the order in which they are applied.</summary>
    public IReadOnlyDictionary<string, TextConditioner> ByName => conditioners.ByName;

    // TorchSharp's ModuleDict cannot be moved to another device or type (`to` throws), so the table registers its members itself.
    private sealed class ConditionerTable : Module
    {
        public ConditionerTable(IReadOnlyList<KeyValuePair<string, TextConditioner>> conditioners) : base(nameof(ConditionerTable))
        {
            ByName = new OrderedDictionary<string, TextConditioner>(conditioners);
            foreach (var (name, conditioner) in conditioners)
            {
                register_module(name, conditioner);
            }

            RegisterComponents();
        }

        public OrderedDictionary<string, TextConditioner> ByName { get; }
    }
}
