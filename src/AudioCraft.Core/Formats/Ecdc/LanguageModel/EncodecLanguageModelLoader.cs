using AudioCraft.Checkpoints;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>Loads an <see cref="EncodecLanguageModel"/> from a file.</summary>
internal static class EncodecLanguageModelLoader
{
    private const double ContextSeconds = 3.5;

    /// <exception cref="CheckpointException">The file is damaged, is not such a model, or belongs to another codec.</exception>
    public static EncodecLanguageModel Load(string path, EncodecModel codec, int heads)
    {
        ArgumentNullException.ThrowIfNull(codec);
        using var archive = StateDictFile.Open(path);
        var config = ConfigOf(archive) with { Heads = heads, PastContext = (int)(ContextSeconds * codec.FrameRate) };
        if (config.Codebooks != codec.TotalCodebooks || config.Cardinality != codec.Cardinality)
        {
            throw new CheckpointException(
                $"{archive.Source} has {config.Codebooks} codebooks of {config.Cardinality} entries, but the codec has {codec.TotalCodebooks} of {codec.Cardinality}.");
        }

        return Load(archive, config);
    }

    /// <exception cref="CheckpointException">The tensors do not fit the sizes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range.</exception>
    public static EncodecLanguageModel Load(TensorArchive archive, EncodecLanguageModelConfig config)
    {
        EncodecLanguageModel model;
        using (new DeferredInitialization())
        {
            model = new EncodecLanguageModel(config);
        }

        try
        {
            WeightLoader.Load(model, archive);
            model.eval();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Determines the sizes from the tensors.</summary>
    /// <exception cref="CheckpointException">The tensors do not match such a model.</exception>
    private static EncodecLanguageModelConfig ConfigOf(TensorArchive archive)
    {
        var names = archive.Tensors.Keys.ToHashSet(StringComparer.Ordinal);
        if (!archive.Tensors.TryGetValue("emb.0.weight", out var embedding) || embedding.Shape is not [> 1 and <= 1 << 20, >= 4 and <= 1 << 16]
            || !archive.Tensors.TryGetValue("transformer.layers.0.linear1.weight", out var inner) || inner.Shape is not [> 0 and <= 1 << 20, _])
        {
            throw new CheckpointException($"{archive.Source} is not a language model of encodec: the tensors 'emb.0.weight' and 'transformer.layers.0.linear1.weight' are missing or have unexpected shapes.");
        }

        return new()
        {
            Codebooks = CountOf(names, k => $"emb.{k}.weight"),
            Cardinality = (int)embedding.Shape[0] - 1,
            Dimension = (int)embedding.Shape[1],
            Layers = CountOf(names, k => $"transformer.layers.{k}.linear1.weight"),
            HiddenDimension = (int)inner.Shape[0],
        };
    }

    private static int CountOf(HashSet<string> names, Func<int, string> nameOf)
    {
        var count = 0;
        while (count < 1024 && names.Contains(nameOf(count)))
        {
            count++;
        }

        return count;
    }
}
