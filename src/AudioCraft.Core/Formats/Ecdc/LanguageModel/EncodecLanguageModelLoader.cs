using AudioCraft.Checkpoints;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Formats;

/// <summary>Makes an <see cref="EncodecLanguageModel"/> of the tensors in a file.</summary>
internal static class EncodecLanguageModelLoader
{
    private const double ContextSeconds = 3.5;

    /// <exception cref="CheckpointException">The file is damaged, is no such model, or is one of another codec.</exception>
    public static EncodecLanguageModel Load(string path, EncodecModel codec, int heads)
    {
        ArgumentNullException.ThrowIfNull(codec);
        using var archive = StateDictFile.Open(path);
        var config = ConfigOf(archive) with { Heads = heads, PastContext = (int)(ContextSeconds * codec.FrameRate) };
        if (config.Codebooks != codec.TotalCodebooks || config.Cardinality != codec.Cardinality)
        {
            throw new CheckpointException(
                $"{archive.Source} is a language model of {config.Codebooks} codebooks of {config.Cardinality}, but the codec has {codec.TotalCodebooks} of {codec.Cardinality}.");
        }

        return Load(archive, config);
    }

    /// <exception cref="CheckpointException">The tensors do not fit the shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The shape is not one that there can be.</exception>
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

    /// <summary>The sizes that the tensors show.</summary>
    /// <exception cref="CheckpointException">They are not those of such a model.</exception>
    private static EncodecLanguageModelConfig ConfigOf(TensorArchive archive)
    {
        var names = archive.Tensors.Keys.ToHashSet(StringComparer.Ordinal);
        if (!archive.Tensors.TryGetValue("emb.0.weight", out var embedding) || embedding.Shape is not [> 1 and <= 1 << 20, >= 4 and <= 1 << 16]
            || !archive.Tensors.TryGetValue("transformer.layers.0.linear1.weight", out var inner) || inner.Shape is not [> 0 and <= 1 << 20, _])
        {
            throw new CheckpointException($"{archive.Source} is not a language model of encodec: its tensors 'emb.0.weight' and 'transformer.layers.0.linear1.weight' say so.");
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
