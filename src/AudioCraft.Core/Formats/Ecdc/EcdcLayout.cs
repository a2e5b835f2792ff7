using System.Numerics;
using TorchSharp;

namespace AudioCraft.Formats;

/// <summary>What of a model decides how its codes lie in an <c>.ecdc</c> file.</summary>
internal sealed class EcdcLayout
{
    private const int LongestName = 64;

    /// <exception cref="ArgumentException">The model, its language model, or the name is not one that a file can be written with.</exception>
    public EcdcLayout(EncodecModel model, EcdcOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        LanguageModel = options.LanguageModel;
        Name = options.ModelName ?? (model.SampleRate, model.Channels) switch
        {
            (24000, 1) => EcdcHeader.Names.Mono24,
            (48000, 2) => EcdcHeader.Names.Stereo48,
            _ => null,
        };
        if (Name is not null && (Name.Length is 0 or > LongestName || !Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/')))
        {
            throw new ArgumentException($"'{Name}' cannot be a model's name in a file: 1 to {LongestName} letters, digits, dots, hyphens, underscores and slashes can.", nameof(options));
        }

        if (model.Cardinality < 2 || !BitOperations.IsPow2(model.Cardinality))
        {
            throw new ArgumentException($"The model's codebooks have {model.Cardinality} entries; .ecdc files are for powers of two from 2 on.", nameof(model));
        }

        if (LanguageModel is { Config: var config } && (config.Cardinality != model.Cardinality || config.Codebooks < model.TotalCodebooks))
        {
            throw new ArgumentException(
                $"The language model is one of {config.Codebooks} codebooks of {config.Cardinality}, but the codec has {model.TotalCodebooks} of {model.Cardinality}.", nameof(options));
        }

        BitsPerCode = BitOperations.Log2((uint)model.Cardinality);
        Device = model.Device;
    }

    public EncodecModel Model { get; }

    public EncodecLanguageModel? LanguageModel { get; }

    /// <summary>The model's name in files, or null if it has none.</summary>
    public string? Name { get; }

    public int BitsPerCode { get; }

    public torch.Device Device { get; }

    /// <summary>Whether a sound is one segment that is coded as a stream; else each segment is coded by itself, and a model without segments takes the whole sound as one.</summary>
    public bool Streams => Model.Config.SegmentLength is null && Model.CanStream;

    /// <summary>Frames of codes for so many samples.</summary>
    public long FramesOf(long samples) => (samples - 1) / Model.HopLength + 1;
}
