using System.Numerics;
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
        Name = options.ModelName ?? (model.SampleRate, model.Channels) switch
        {
            (24000, 1) => EcdcHeader.Names.Mono24,
            (48000, 2) => EcdcHeader.Names.Stereo48,
            _ => null,
        };
        if (Name is not null && (Name.Length is 0 or > MaxNameLength || !Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/')))
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

    /// <summary>The name of the codec in files, or null.</summary>
    public string? Name { get; }

    public int BitsPerCode { get; }

    public torch.Device Device { get; }

    /// <summary>Whether the audio is one segment that is coded as a stream. Otherwise each segment is coded on its own; without segments, the complete audio is one.</summary>
    public bool Streams => Model.Config.SegmentLength is null && Model.CanStream;

    /// <summary>The number of frames of codes for a number of samples.</summary>
    public long FramesOf(long samples) => (samples - 1) / Model.HopLength + 1;
}
