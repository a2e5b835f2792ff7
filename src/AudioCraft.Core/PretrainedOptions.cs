using System.Text;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>Options for loading a pretrained model. Unset options come from the environment, by the rules of Hugging Face's tools.</summary>
public sealed record PretrainedOptions
{
    internal const string DefaultRevision = "main";

    /// <summary>The device to load to; null for CUDA if available, else the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>
    /// The text encoder: a directory (a Hugging Face T5: <c>config.json</c>, <c>model.safetensors</c> or <c>pytorch_model.bin</c>, <c>spiece.model</c>) or the name of
    /// a repository on the Hub; null for the folder <c>t5</c> in the checkpoint's directory, else the encoder that the checkpoint names, from the Hub.
    /// </summary>
    public string? TextEncoder { get; init; }

    /// <summary>
    /// Element type of the language model: of its matrices on a CPU, of all of it on a GPU. Types below <see cref="ModelPrecision.Float32"/> are faster and smaller, but tokens differ from upstream's,
    /// and the model can only generate: it cannot be trained, moved or saved.
    /// </summary>
    public ModelPrecision Precision { get; init; } = ModelPrecision.Float32;

    /// <summary>
    /// Whether weights in float32 on the CPU use the memory-mapped files, so that loading neither copies them nor takes additional memory; otherwise they are read into memory.
    /// A mapped file must not be truncated or overwritten while the model is in use: the process ends if it reads a missing page. Replace model files by writing
    /// a new file and renaming it, as the converter and downloads do, or set this to false where other programs overwrite files.
    /// </summary>
    public bool MemoryMap { get; init; } = true;

    /// <summary>The logger, or null.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>
    /// Branch, tag or commit (40 hexadecimal digits) of the repository on the Hub. With a commit that is in the cache, the network is not used.
    /// Text encoders and codecs that a checkpoint names are taken from <c>main</c>.
    /// </summary>
    public string Revision { get; init; } = DefaultRevision;

    /// <summary>The Hub's token; "" for none; null for <c>HF_TOKEN</c>, else the token stored by <c>huggingface-cli login</c>. It is sent only to <see cref="Endpoint"/>.</summary>
    public string? Token { get; init; }

    /// <summary>The Hub's cache, shared with Python's huggingface_hub; null for <c>HF_HUB_CACHE</c>, else <c>HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>The Hub's address; null for <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Whether to use only local files, without network access; null for <c>HF_HUB_OFFLINE</c>, else false.</summary>
    public bool? Offline { get; init; }

    /// <summary>
    /// The client for requests, for example with a proxy; null for a shared client. Its handler must not follow redirects
    /// (<c>AllowAutoRedirect = false</c>): the library follows them, without the token.
    /// </summary>
    public HttpClient? HttpClient { get; init; }

    // A record's ToString prints all members; a token must not get into a log.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"Device = {Device}, TextEncoder = {TextEncoder}, Precision = {Precision}, MemoryMap = {MemoryMap}, Revision = {Revision}, Token = {(string.IsNullOrEmpty(Token) ? Token : "***")}, ");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"CacheDirectory = {CacheDirectory}, Endpoint = {Endpoint}, Offline = {Offline}");
        return true;
    }
}
