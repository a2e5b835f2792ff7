using System.Text.RegularExpressions;
using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// The language model in a Hugging Face MusicGen checkpoint, with upstream's names: layers and heads renamed, and the query, key and value
/// projections, which are three tensors there, joined to the one of upstream. The other models of the file are omitted.
/// </summary>
internal sealed partial class HuggingFaceLMArchive : TensorArchive
{
    private const string Decoder = "decoder.model.decoder.";
    private static readonly string[] Projections = ["q_proj", "k_proj", "v_proj"];
    private readonly TensorArchive inner;
    private readonly Dictionary<string, string[]> parts = [];
    private readonly Dictionary<string, TensorInfo> tensors = [];

    /// <param name="inner">The whole checkpoint; owned by the caller.</param>
    /// <param name="condition">Name of the condition whose projection the checkpoint calls <c>enc_to_dec_proj</c>.</param>
    /// <exception cref="CheckpointException">A projection lacks one of its three parts, or a tensor has an unknown name.</exception>
    public HuggingFaceLMArchive(TensorArchive inner, string condition)
    {
        this.inner = inner;
        foreach (var name in inner.Tensors.Keys)
        {
            if (IsOfAnotherModel(name))
            {
                continue;
            }

            var (renamed, projection) = Rename(name, condition);
            if (projection is null)
            {
                parts.Add(renamed, [name]);
            }
            else if (!parts.ContainsKey(renamed))
            {
                parts.Add(renamed, [.. Projections.Select(p => name.Replace(projection, p, StringComparison.Ordinal))]);
            }
        }

        foreach (var (renamed, names) in parts)
        {
            tensors.Add(renamed, Join(renamed, names));
        }
    }

    /// <inheritdoc/>
    public override string Source => inner.Source;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <inheritdoc/>
    internal override IEnumerable<(object Storage, long StorageBytes, long Elements)> StoragesOf(string name) => parts[name].SelectMany(inner.StoragesOf);

    /// <inheritdoc/>
    public override Tensor Read(string name)
    {
        InfoOf(name);
        var names = parts[name];
        if (names.Length == 1)
        {
            return inner.Read(names[0]);
        }

        using var scope = NewDisposeScope();
        return cat([.. names.Select(inner.Read)], 0).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor? TryMap(string name)
    {
        InfoOf(name);
        return parts[name] is [var only] ? inner.TryMap(only) : null;
    }

    /// <inheritdoc/>
    public override void ReadInto(string name, Tensor destination)
    {
        var info = InfoOf(name);
        if (!info.Shape.SequenceEqual(destination.shape))
        {
            throw new CheckpointException($"{Source}: tensor '{name}' has shape {info.ShapeText}, but [{string.Join(", ", destination.shape)}] was expected.");
        }

        if (parts[name] is [var only])
        {
            inner.ReadInto(only, destination);
            return;
        }

        // The parts are copied to the destination one by one, without a copy of the joined tensor.
        using var guard = no_grad();
        var row = 0L;
        foreach (var part in parts[name])
        {
            var rows = inner.Tensors[part].Shape[0];
            using var place = destination.narrow(0, row, rows);
            inner.ReadInto(part, place);
            row += rows;
        }
    }

    private static bool IsOfAnotherModel(string name) =>
        name.StartsWith("text_encoder.", StringComparison.Ordinal)
        || name.StartsWith("audio_encoder.", StringComparison.Ordinal)
        || name == Decoder + "embed_positions.weights"; // a table that is computed

    private (string Name, string? Projection) Rename(string name, string condition)
    {
        if (name.StartsWith("enc_to_dec_proj.", StringComparison.Ordinal))
        {
            return ($"condition_provider.conditioners.{condition}.output_proj.{name["enc_to_dec_proj.".Length..]}", null);
        }

        if (Codebook().Match(name) is { Success: true } codebook)
        {
            return ($"{(codebook.Groups["emb"].Success ? "emb" : "linears")}.{codebook.Groups["k"].Value}.{codebook.Groups["rest"].Value}", null);
        }

        if (name.StartsWith(Decoder + "layer_norm.", StringComparison.Ordinal))
        {
            return ($"out_norm.{name[(Decoder + "layer_norm.").Length..]}", null);
        }

        if (Layer().Match(name) is { Success: true } layer)
        {
            var prefix = $"transformer.layers.{layer.Groups["n"].Value}.";
            return layer.Groups["rest"].Value.Split('.') switch
            {
                ["self_attn", var p, var kind] when Projections.Contains(p) => ($"{prefix}self_attn.in_proj_{kind}", p),
                ["encoder_attn", var p, var kind] when Projections.Contains(p) => ($"{prefix}cross_attention.in_proj_{kind}", p),
                ["self_attn", "out_proj", var kind] => ($"{prefix}self_attn.out_proj.{kind}", null),
                ["encoder_attn", "out_proj", var kind] => ($"{prefix}cross_attention.out_proj.{kind}", null),
                ["self_attn_layer_norm", var kind] => ($"{prefix}norm1.{kind}", null),
                ["encoder_attn_layer_norm", var kind] => ($"{prefix}norm_cross.{kind}", null),
                ["final_layer_norm", var kind] => ($"{prefix}norm2.{kind}", null),
                ["fc1", var kind] => ($"{prefix}linear1.{kind}", null),
                ["fc2", var kind] => ($"{prefix}linear2.{kind}", null),
                _ => throw Unknown(name),
            };
        }

        throw Unknown(name);
    }

    private CheckpointException Unknown(string name) => new($"{Source}: '{PrintableText.Of(name)}' is not the name of a tensor of MusicGen.");

    private TensorInfo Join(string renamed, string[] names)
    {
        var infos = names.Select(name => inner.Tensors.TryGetValue(name, out var info)
            ? info
            : throw new CheckpointException($"{Source}: '{name}' is missing; it is part of '{renamed}'.")).ToList();
        if (infos is [var only])
        {
            return only;
        }

        var first = infos[0];
        if (first.Shape.Count == 0 || infos.Any(info => info.DType != first.DType || !info.Shape.Skip(1).SequenceEqual(first.Shape.Skip(1))))
        {
            throw new CheckpointException($"{Source}: {string.Join(", ", names.Zip(infos, (name, info) => $"'{name}' {info.ShapeText}"))} cannot be joined.");
        }

        return new TensorInfo(first.DType, [checked(infos.Sum(info => info.Shape[0])), .. first.Shape.Skip(1)]);
    }

    [GeneratedRegex(@"^decoder\.(?:model\.decoder\.(?<emb>embed_tokens)|lm_heads)\.(?<k>\d{1,3})\.(?<rest>weight|bias)$")]
    private static partial Regex Codebook();

    [GeneratedRegex(@"^decoder\.model\.decoder\.layers\.(?<n>\d{1,5})\.(?<rest>.+)$")]
    private static partial Regex Layer();
}
