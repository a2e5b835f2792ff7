namespace AudioCraft.Checkpoints;

/// <summary>
/// A way to store a model in files. To add one, implement this interface and add it to <see cref="CheckpointLoader.Codecs"/> or
/// <see cref="CheckpointLoader.GenModels"/>.
/// </summary>
/// <typeparam name="TModel"><see cref="CompressionModel"/> for codecs, <see cref="GenModelParts"/> for generation models.</typeparam>
internal interface ICheckpointLayout<out TModel>
{
    /// <summary>Name of the layout and the files that identify it, for the error when no layout can read a checkpoint.</summary>
    string Name { get; }

    /// <summary>Whether the checkpoint is in this layout, decided by file names, configuration and tensor names alone.</summary>
    /// <exception cref="CheckpointException">A file that had to be examined is damaged.</exception>
    bool CanRead(CheckpointSource source);

    /// <summary>Loads the model, in evaluation mode, on the device of the source's context. Called only if <see cref="CanRead"/> returned true.</summary>
    /// <exception cref="CheckpointException">The checkpoint is damaged or not supported.</exception>
    TModel Load(CheckpointSource source);
}
