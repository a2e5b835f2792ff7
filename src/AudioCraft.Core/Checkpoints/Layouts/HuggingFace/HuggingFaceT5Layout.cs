using AudioCraft.Conditioning;

namespace AudioCraft.Checkpoints;

/// <summary>A T5 in Hugging Face's layout, of which the encoder is used.</summary>
internal sealed class HuggingFaceT5Layout : ICheckpointLayout<T5TextEncoder>
{
    /// <summary>The files of the encoder.</summary>
    public static readonly CheckpointFileSet Files = HuggingFaceFiles.With([CheckpointFiles.Tokenizer], [CheckpointFiles.TokenizerConfig]);

    public string Name => "a T5 in Hugging Face's layout";

    public IReadOnlyList<CheckpointFileSet> FileSets { get; } = [Files];

    // Missing weights are reported when they are opened, with the names that were looked for.
    public bool CanRead(CheckpointSource source) => !source.IsFile && Array.TrueForAll(Files.Required, source.Has);

    public T5TextEncoder Load(CheckpointSource source) => T5TextEncoder.Load(source.Directory, source.Context.Device, source.Context.Options.MemoryMap);
}
