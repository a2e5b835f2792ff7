using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using Embedding = AudioCraft.Layers.Embedding;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft.Conditioning;

/// <summary>
/// Maps a whole text to one vector of a table by its hash (upstream's <c>LUTConditioner</c> with the <c>noop</c> tokenizer, audiocraft/modules/conditioners.py):
/// used for genres, artists and keys. Different texts may share a vector.
/// </summary>
public sealed class LookupConditioner : TextConditioner
{
    private readonly Embedding embed;
    private readonly Linear output_proj;
    private readonly int padIndex;

    /// <param name="bins">Number of vectors in the table, at least 1 (upstream's name).</param>
    /// <param name="dim">Width of the table, at least 1.</param>
    /// <param name="outputDim">Width of the condition, at least 1: the language model's width.</param>
    /// <param name="padIndex">Index of the vector for a missing text; it is masked.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is less than 1, or the padding index is outside the table.</exception>
    public LookupConditioner(int bins, int dim, int outputDim, int padIndex = 0) : base(nameof(LookupConditioner))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(dim, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputDim, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(padIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(padIndex, bins);
        this.padIndex = padIndex;
        Bins = bins;
        OutputDimension = outputDim;
        embed = new Embedding(bins, dim);
        output_proj = new Linear(dim, outputDim);
        RegisterComponents();
    }

    /// <summary>Number of vectors in the table.</summary>
    public int Bins { get; }

    /// <inheritdoc/>
    public override long OutputDimension { get; }

    /// <summary>Index of a text's vector: the SHA-256 hash of its UTF-8 bytes, a big-endian number, modulo the size of the table.</summary>
    public static int Hash(string text, int bins)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        return (int)(new BigInteger(SHA256.HashData(Encoding.UTF8.GetBytes(text)), isUnsigned: true, isBigEndian: true) % bins);
    }

    /// <summary>Returns the indexes of the texts' vectors [B, 1] and the mask [B, 1], 0 for null; both int64 on the CPU, owned by the caller. "" is a text.</summary>
    public (Tensor Tokens, Tensor Mask) Tokenize(IReadOnlyList<string?> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0)
        {
            throw new ArgumentException("At least one text is needed; the list is empty.", nameof(texts));
        }

        long[] tokens = [.. texts.Select(text => text is null ? padIndex : Hash(text, Bins))];
        long[] mask = [.. texts.Select(text => text is null ? 0L : 1L)];
        return (tensor(tokens, [texts.Count, 1]), tensor(mask, [texts.Count, 1]));
    }

    /// <inheritdoc/>
    public override (Tensor Embeds, Tensor Mask) Encode(IReadOnlyList<string?> texts)
    {
        using var use = Lifetime.Enter();
        using var scope = NewDisposeScope();
        var device = embed.Weight.device;
        var (tokens, tokenMask) = Tokenize(texts);
        var mask = tokenMask.to(device);
        var embeds = output_proj.forward(embed.forward(tokens.to(device))) * mask.unsqueeze(-1);
        return (embeds.MoveToOuterDisposeScope(), mask.MoveToOuterDisposeScope());
    }
}
