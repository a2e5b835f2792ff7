using System.Numerics;
using AudioCraft.Quantization;
using TorchSharp;

namespace AudioCraft.Formats;

/// <summary>The properties of a codec that determine how its codes are stored in an <c>.ecdc</c> file.</summary>
internal sealed class EcdcCoding
{
    private const int MaxNameLength = 64;

    /// <exception cref="ArgumentException">The codec, the language model or the name is not supported by the format.</exception>
    public EcdcCoding(EncodecModel model, EcdcOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        LanguageModel = options.LanguageModel;
        Codebooks = options.Codebooks is { } number ? BaseQuantizer.CheckNumCodebooks(number, model.TotalCodebooks, nameof(options)) : model.NumCodebooks;
        Name = options.ModelName ?? StandardName(model);
        if (Name is not null && (Name.Length is 0 or > MaxNameLength || !Name.All(IsValid)))
        {
            throw new ArgumentException($"'{Name}' is not a valid model name: 1 to {MaxNameLength} letters, digits, dots, hyphens, underscores and slashes were expected.", nameof(options));
        }

        if (model.Cardinality < 2 || !BitOperations.IsPow2(model.Cardinality))
        {
            throw new ArgumentException($"The cardinality of the codec is {model.Cardinality}, but .ecdc files need a power of two, at least 2.", nameof(model));
        }

        if (LanguageModel is { Config: var config } && (config.Cardinality != model.Cardinality || config.Codebooks < model.TotalCodebooks))
        {
            throw new ArgumentException(
                $"The language model has {config.Codebooks} codebooks of {config.Cardinality} entries, but the codec has {model.TotalCodebooks} of {model.Cardinality}.", nameof(options));
        }

        BitsPerCode = BitOperations.Log2((uint)model.Cardinality);
        Device = model.Device;
    }

    public EncodecModel Model { get; }

    public EncodecLanguageModel? LanguageModel { get; }

    /// <summary>The name that a file must have to be read: that of the options, or upstream's for the codec. Null if any name is accepted.</summary>
    public string? Name { get; }

    /// <summary>The name in files that are written. Null if the options set none and the codec has none.</summary>
    public string? NameToWrite => Name ?? NameOf(Model);

    /// <summary>The number of codebooks of files that are written.</summary>
    public int Codebooks { get; }

    public int BitsPerCode { get; }

    public torch.Device Device { get; }

    /// <summary>Whether the audio is one segment that is coded as a stream. Otherwise each segment is coded on its own; without segments, the complete audio is one.</summary>
    public bool Streams => Model.Config.SegmentLength is null && Model.CanStream;

    /// <summary>The number of frames of codes for a number of samples.</summary>
    public long FramesOf(long samples) => (samples - 1) / Model.HopLength + 1;

    /// <summary>The name in files of a codec: upstream's if it has one, otherwise that of <see cref="CompressionModel.PretrainedName"/>; null if it has neither.</summary>
    public static string? NameOf(EncodecModel model) => StandardName(model) ?? (model.PretrainedName is { } name ? ValidName(name) : null);

    private static string? StandardName(EncodecModel model) => (model.SampleRate, model.Channels) switch
    {
        (24000, 1) => EcdcHeader.Names.Mono24,
        (48000, 2) => EcdcHeader.Names.Stereo48,
        _ => null,
    };

    /// <summary>The last part of a path, or a complete Hub id, with the characters that the format supports.</summary>
    private static string? ValidName(string name)
    {
        var isPath = Path.IsPathRooted(name) || name.StartsWith('.') || name.Contains('\\') || Directory.Exists(name) || File.Exists(name);
        var part = isPath ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(name))) : name;
        var valid = string.Concat(part.Select(c => IsValid(c) ? c : '-'));
        return valid.Length == 0 ? null : valid[..Math.Min(valid.Length, MaxNameLength)];
    }

    private static bool IsValid(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/';
}
