using AudioCraft.Checkpoints;

namespace AudioCraft.Hub;

/// <summary>Which files of a repository make a model. Many hold it two or three times over, in the layouts of several libraries; one is fetched.</summary>
/// <param name="Needed">Files without which it is not a model. They are all there.</param>
/// <param name="Wanted">Files that are there and say more: windows, names of special tokens, the licence.</param>
/// <param name="Index">The one of them that names further files, or null.</param>
internal sealed record ModelFiles(IReadOnlyList<string> Needed, IReadOnlyList<string> Wanted, string? Index = null)
{
    public const string Config = "config.json", Tokenizer = "spiece.model", TokenizerConfig = "tokenizer_config.json",
        Weights = "model.safetensors", WeightsIndex = "model.safetensors.index.json", TorchWeights = "pytorch_model.bin", Card = "README.md";

    private const string LanguageModel = AudioCraftCheckpoint.LanguageModelName, Codec = AudioCraftCheckpoint.CompressionModelName, OwnT5 = "t5/";

    private static readonly string[] Extras = ["generation_config.json", TokenizerConfig, Card, $"{OwnT5}{TokenizerConfig}"];

    /// <summary>Chooses among the files that there are; null where no choice makes a model.</summary>
    /// <param name="kind">What is wanted.</param>
    /// <param name="has">Whether there is a file of that name.</param>
    public static ModelFiles? Choose(ModelKind kind, Func<string, bool> has)
    {
        (string[] Files, string? Index)[] choices = kind switch
        {
            // audiocraft's own pair comes first: it is what upstream loads, in half the bytes of the other layouts.
            ModelKind.Generative =>
            [
                (has($"{Codec}.safetensors") ? [Config, $"{LanguageModel}.safetensors", $"{Codec}.safetensors", .. TextEncoderInside(has)] : [Config, $"{LanguageModel}.safetensors", .. TextEncoderInside(has)], null),
                ([$"{LanguageModel}.bin", $"{Codec}.bin", .. TextEncoderInside(has)], null),
                .. HuggingFace(Tokenizer),
            ],
            ModelKind.Compression => [([Config, $"{Codec}.safetensors"], null), ([$"{Codec}.bin"], null), .. HuggingFace()],
            _ => [.. HuggingFace(Tokenizer)],
        };
        foreach (var (files, index) in choices)
        {
            if (Array.TrueForAll(files, name => has(name)))
            {
                return new ModelFiles(files, [.. Extras.Where(name => has(name) && !files.Contains(name))], index);
            }
        }

        return null;
    }

    /// <summary>What <see cref="Choose"/> looks for, for a message.</summary>
    public static string Described(ModelKind kind) => kind switch
    {
        ModelKind.Generative => $"{LanguageModel}.bin and {Codec}.bin, or their safetensors form, or {Config}, {Weights} and {Tokenizer}",
        ModelKind.Compression => $"{Codec}.bin, or {Config} and {Weights}",
        _ => $"{Config}, {Tokenizer} and {Weights} or {TorchWeights}",
    };

    private static string[] TextEncoderInside(Func<string, bool> has) => has($"{OwnT5}{Weights}")
        ? [$"{OwnT5}{Config}", $"{OwnT5}{Tokenizer}", $"{OwnT5}{Weights}"]
        : [];

    private static IEnumerable<(string[] Files, string? Index)> HuggingFace(params string[] more) =>
    [
        ([Config, Weights, .. more], null),
        ([Config, WeightsIndex, .. more], WeightsIndex),
        ([Config, TorchWeights, .. more], null),
    ];
}
