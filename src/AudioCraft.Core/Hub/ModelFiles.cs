using AudioCraft.Checkpoints;

namespace AudioCraft.Hub;

/// <summary>The files of a repository that make a model. Many repositories hold a model in the layouts of several libraries; one is downloaded.</summary>
/// <param name="Needed">The files that the model needs; all of them exist.</param>
/// <param name="Wanted">Existing files with more information: windows, names of special tokens, the licence.</param>
/// <param name="Index">The one of them that lists further files, or null.</param>
internal sealed record ModelFiles(IReadOnlyList<string> Needed, IReadOnlyList<string> Wanted, string? Index = null)
{
    private const string OwnT5 = CheckpointFiles.TextEncoderFolder + "/";

    private static readonly string[] Extras =
        [CheckpointFiles.GenerationConfig, CheckpointFiles.TokenizerConfig, CheckpointFiles.Card, CheckpointFiles.Kinds, OwnT5 + CheckpointFiles.TokenizerConfig];

    /// <summary>Chooses among the existing files; null if they do not make a model.</summary>
    /// <param name="kind">What is wanted.</param>
    /// <param name="has">Whether a file exists.</param>
    public static ModelFiles? Choose(ModelKind kind, Func<string, bool> has)
    {
        (string[] Files, string? Index)[] choices = kind switch
        {
            // audiocraft's own pair comes first: it is what upstream loads, in half the bytes of the other layouts.
            ModelKind.Generative =>
            [
                (has(CheckpointFiles.ConvertedCompressionModel) ? [CheckpointFiles.Config, CheckpointFiles.ConvertedLanguageModel, CheckpointFiles.ConvertedCompressionModel, .. TextEncoderInside(has)] : [CheckpointFiles.Config, CheckpointFiles.ConvertedLanguageModel, .. TextEncoderInside(has)], null),
                ([CheckpointFiles.LanguageModel, CheckpointFiles.CompressionModel, .. TextEncoderInside(has)], null),
                .. HuggingFace(CheckpointFiles.Tokenizer),
            ],
            ModelKind.Compression => [([CheckpointFiles.Config, CheckpointFiles.ConvertedCompressionModel], null), ([CheckpointFiles.CompressionModel], null), .. HuggingFace()],
            _ => [.. HuggingFace(CheckpointFiles.Tokenizer)],
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
        ModelKind.Generative => $"{CheckpointFiles.LanguageModel} and {CheckpointFiles.CompressionModel}, or their safetensors form, or {CheckpointFiles.Config}, {CheckpointFiles.Weights} and {CheckpointFiles.Tokenizer}",
        ModelKind.Compression => $"{CheckpointFiles.CompressionModel}, or {CheckpointFiles.Config} and {CheckpointFiles.Weights}",
        _ => $"{CheckpointFiles.Config}, {CheckpointFiles.Tokenizer} and {CheckpointFiles.Weights} or {CheckpointFiles.TorchWeights}",
    };

    private static string[] TextEncoderInside(Func<string, bool> has) => has($"{OwnT5}{CheckpointFiles.Weights}")
        ? [$"{OwnT5}{CheckpointFiles.Config}", $"{OwnT5}{CheckpointFiles.Tokenizer}", $"{OwnT5}{CheckpointFiles.Weights}"]
        : [];

    private static IEnumerable<(string[] Files, string? Index)> HuggingFace(params string[] more) =>
    [
        ([CheckpointFiles.Config, CheckpointFiles.Weights, .. more], null),
        ([CheckpointFiles.Config, CheckpointFiles.WeightsIndex, .. more], CheckpointFiles.WeightsIndex),
        ([CheckpointFiles.Config, CheckpointFiles.TorchWeights, .. more], null),
    ];
}
