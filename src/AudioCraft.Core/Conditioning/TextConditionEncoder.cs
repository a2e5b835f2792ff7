using AudioCraft.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Conditioning;

/// <summary>Encodes descriptions as the conditions of a model.</summary>
internal static class TextConditionEncoder
{
    /// <summary>
    /// Encodes the descriptions. Other text conditions of the model are empty, as in upstream's generation. The tensors belong to the caller's dispose scope.
    /// </summary>
    /// <exception cref="ArgumentException">The model has no conditions, and a description is not empty.</exception>
    public static ConditionTensors Encode(LMModel model, IReadOnlyList<string?> descriptions)
    {
        if (!model.Config.ConditionNames.Any() && descriptions.FirstOrDefault(text => !string.IsNullOrEmpty(text)) is { } text)
        {
            throw new ArgumentException($"This model was trained without conditions and does not accept the description '{text}': use GenerateUnconditional.", nameof(descriptions));
        }

        var names = model.Conditioners.Names;
        if (names.Count == 0)
        {
            // A model without conditioners can still generate unconditionally.
            names = [.. model.Config.ConditionNames.Take(1)];
        }

        return new ConditionTensors([.. names.Select(name => Encode(model, name, descriptions, IsDescription(names, name)))]);
    }

    private static bool IsDescription(IReadOnlyList<string> names, string name) =>
        names.Contains(ClassifierFreeGuidance.Description) ? name == ClassifierFreeGuidance.Description : name == names[0];

    private static ConditionTensor Encode(LMModel model, string name, IReadOnlyList<string?> descriptions, bool isDescription)
    {
        // An empty description counts as none, except for a lookup table, where it is a text like any other.
        var isTable = model.Conditioners.Names.Contains(name) && model.Conditioners[name] is LookupConditioner;
        if (!isDescription || descriptions.All(text => isTable ? text is null : string.IsNullOrEmpty(text)))
        {
            return new ConditionTensor(
                name, zeros([descriptions.Count, 1, model.Config.Dim], dtype: ScalarType.Float32, device: model.Device), new long[descriptions.Count]);
        }

        var (embeddings, mask) = model.Conditioners[name].Encode(descriptions);
        using (mask)
        {
            return ConditionTensor.WithMask(name, embeddings, mask);
        }
    }
}
