using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.LanguageModel;

/// <summary>Turns descriptions into what cross attention reads.</summary>
internal static class TextConditionEncoder
{
    /// <summary>The texts of a batch, or null for a model without conditions. The tensors belong to the caller's dispose scope.</summary>
    public static TextCondition? Encode(LMModel model, IReadOnlyList<string?> descriptions)
    {
        if (!model.Config.CrossAttention)
        {
            return null;
        }

        if (descriptions.All(string.IsNullOrEmpty))
        {
            return new TextCondition(zeros([descriptions.Count, 1, model.Config.Dim], dtype: ScalarType.Float32, device: model.Device), new long[descriptions.Count]);
        }

        var (embeddings, mask) = model.Conditioners[model.Config.CrossConditions[0]].Encode(descriptions);
        using (mask)
        {
            using var lengths = mask.sum(1).to(ScalarType.Int64).cpu();
            return new TextCondition(embeddings, lengths.data<long>().ToArray());
        }
    }
}
