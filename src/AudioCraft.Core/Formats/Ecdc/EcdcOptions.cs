namespace AudioCraft;

/// <summary>How an <c>.ecdc</c> file is written and read.</summary>
public sealed record EcdcOptions
{
    /// <summary>
    /// The model's name in the file, or null for upstream's: <c>encodec_24khz</c> for one at 24 kHz with one channel, <c>encodec_48khz</c> for one at 48 kHz with two.
    /// Models of other shapes need a name: 1 to 64 letters, digits, dots, hyphens, underscores and slashes. A file that names another model than this is not read.
    /// </summary>
    public string? ModelName { get; init; }

    /// <summary>
    /// The language model of the codec, or null. Writing with one gives smaller files, more slowly; reading such files needs the same one, on any machine.
    /// The caller keeps it.
    /// </summary>
    public EncodecLanguageModel? LanguageModel { get; init; }
}
