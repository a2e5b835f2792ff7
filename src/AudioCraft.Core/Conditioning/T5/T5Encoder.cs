using AudioCraft.Checkpoints;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Embedding = AudioCraft.Layers.Embedding;

namespace AudioCraft.Conditioning;

/// <summary>
/// The encoder of T5 1.0, T5 1.1 and Flan-T5 in float32 (Raffel et al. 2020; transformers' modeling_t5.py): relative positions from a table of buckets,
/// RMS norm before each layer, no biases. Weights have the names of the Hugging Face file.
/// </summary>
public sealed class T5Encoder : Module<Tensor, Tensor, Tensor>
{
    private const string SharedName = "shared.weight";
    private const string EncoderName = "encoder.embed_tokens.weight";
    private const string OutputName = "lm_head.weight";

    /// <summary>The names of the embedding in order of preference: a file may contain it only under the name of a module that shares it.</summary>
    private static readonly string[] EmbeddingNames = [SharedName, EncoderName, "decoder.embed_tokens.weight", OutputName];

    private readonly Embedding shared;
    private readonly T5Stack encoder;

    /// <summary>Creates an encoder on the CPU with random weights.</summary>
    public T5Encoder(T5Config config) : base(nameof(T5Encoder))
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
        shared = new Embedding(config.VocabularySize, config.ModelDimension);
        encoder = new T5Stack(config);
        RegisterComponents();
    }

    /// <summary>Sizes of the encoder.</summary>
    public T5Config Config { get; }

    /// <summary>Encodes a padded batch. The results at masked positions are meaningless.</summary>
    /// <param name="inputIds">[B, T], int64, 0 to <see cref="T5Config.VocabularySize"/> - 1; T at least 1.</param>
    /// <param name="attentionMask">[B, T], 1 where there is a token, 0 where there is padding. A row may be all zeros.</param>
    /// <returns>[B, T, <see cref="T5Config.ModelDimension"/>], float32.</returns>
    /// <exception cref="ArgumentException">A shape, the element type or an id is wrong.</exception>
    public override Tensor forward(Tensor inputIds, Tensor attentionMask)
    {
        ArgumentNullException.ThrowIfNull(inputIds);
        ArgumentNullException.ThrowIfNull(attentionMask);
        var shape = inputIds.shape;
        if (shape.Length != 2 || shape[0] == 0 || shape[1] == 0 || inputIds.dtype != ScalarType.Int64)
        {
            throw new ArgumentException($"Token ids are int64 [B, T] with neither 0; these are {inputIds.dtype} [{string.Join(", ", shape)}].", nameof(inputIds));
        }

        if (!attentionMask.shape.SequenceEqual(shape))
        {
            throw new ArgumentException(
                $"The mask has shape [{string.Join(", ", attentionMask.shape)}], but the ids have [{string.Join(", ", shape)}].", nameof(attentionMask));
        }

        using var scope = NewDisposeScope();
        var (lowest, highest) = (inputIds.min().item<long>(), inputIds.max().item<long>());
        if (lowest < 0 || highest >= Config.VocabularySize)
        {
            throw new ArgumentOutOfRangeException(nameof(inputIds), lowest < 0 ? lowest : highest, $"A token id is 0 to {Config.VocabularySize - 1}.");
        }

        var embedded = shared.forward(inputIds);
        return encoder.forward(embedded, attentionMask).MoveToOuterDisposeScope();
    }

    /// <summary>Creates the encoder with the weights of an archive that contains a whole T5 or its encoder. The decoder and the output head are ignored.</summary>
    /// <param name="config">The configuration. It is compared with the archive before anything is allocated.</param>
    /// <param name="archive">Tensors by their Hugging Face names after <paramref name="prefix"/>.</param>
    /// <param name="prefix">For instance <c>text_encoder.</c></param>
    /// <exception cref="CheckpointException">A tensor is missing, unexpected or of another shape.</exception>
    internal static T5Encoder Load(T5Config config, TensorArchive archive, string prefix = "")
    {
        var embedding = EmbeddingName(name => archive.Tensors.ContainsKey(prefix + name) && (name != OutputName || config.TieWordEmbeddings));
        CheckSizes(config, archive, prefix, embedding);
        T5Encoder result;
        using (new DeferredInitialization())
        {
            result = new T5Encoder(config);
        }

        try
        {
            WeightLoader.Load(result, archive, new WeightLoadOptions
            {
                Prefix = prefix,
                Rename = name => name == SharedName ? embedding : name,
                MayBeUnused = name => IsOutsideEncoder(prefix.Length > 0 && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name),
            });
            result.eval();
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>The table of relative positions.</summary>
    internal T5RelativePositionBias RelativeBias => encoder.RelativeBias;

    /// <summary>Whether <see cref="Load"/> uses a tensor of a T5 file.</summary>
    internal static bool IsOfEncoder(string name, Func<string, bool> has) =>
        name == EmbeddingName(has) || (name != EncoderName && name.StartsWith("encoder.", StringComparison.Ordinal));

    /// <summary>The name of the embedding in a file; <see cref="SharedName"/> if it has none.</summary>
    private static string EmbeddingName(Func<string, bool> has) => Array.Find(EmbeddingNames, name => has(name)) ?? SharedName;

    private static bool IsOutsideEncoder(string name) =>
        name is SharedName or EncoderName or OutputName || name.StartsWith("decoder.", StringComparison.Ordinal);

    /// <summary>Compares the configuration with the archive, so that no more is allocated than the file contains.</summary>
    private static void CheckSizes(T5Config config, TensorArchive archive, string prefix, string embedding)
    {
        const string First = "encoder.block.0.layer.";
        var inner = config.HeadCount * config.HeadDimension;
        Check(embedding, config.VocabularySize, config.ModelDimension);
        Check(First + "0.SelfAttention.q.weight", inner, config.ModelDimension);
        Check(First + "0.SelfAttention.relative_attention_bias.weight", config.RelativeBuckets, config.HeadCount);
        Check(First + "1.DenseReluDense.wo.weight", config.ModelDimension, config.FeedForwardDimension);
        archive.CheckHolds(config.ParameterCount, "text encoder");

        void Check(string name, params long[] shape)
        {
            var found = archive.Tensors.TryGetValue(prefix + name, out var info);
            if (!found || !info!.Shape.SequenceEqual(shape))
            {
                throw new CheckpointException(
                    $"{archive.Source}: tensor '{prefix + name}' {(found ? $"has shape {info!.ShapeText}" : "is missing")}; config.json requires [{string.Join(", ", shape)}].");
            }
        }
    }
}
