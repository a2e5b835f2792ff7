using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>
/// A way to store a model in files. To add one, implement <see cref="ICheckpointLayout{TModel}"/> and add the class to a list of <see cref="CheckpointLoader"/>:
/// loading, downloads, conversion and error messages use that list.
/// </summary>
internal interface ICheckpointLayout
{
    /// <summary>Name of the layout, with an article, for messages.</summary>
    string Name { get; }

    /// <summary>The files of a model in a directory or repository, in order of preference; none for a layout of single files.</summary>
    IReadOnlyList<CheckpointFileSet> FileSets { get; }

    /// <summary>Name and files, for messages.</summary>
    string Description => FileSets.Count == 0 ? Name : $"{Name} ({string.Join("; or ", FileSets)})";

    /// <summary>Whether the checkpoint is in this layout, decided by file names, configuration and tensor names alone.</summary>
    /// <exception cref="CheckpointException">A file that had to be examined is damaged.</exception>
    bool CanRead(CheckpointSource source);

    /// <summary>Plans the conversion to a directory of safetensors files. Called only if <see cref="CanRead"/> returned true.</summary>
    /// <param name="source">The checkpoint, a directory.</param>
    /// <param name="plan">Receives the files to write.</param>
    /// <param name="type">Element type of the language model and the text encoder; null for the stored type.</param>
    /// <exception cref="CheckpointException">The checkpoint is damaged, or the layout cannot be converted.</exception>
    void PlanConversion(CheckpointSource source, ConversionPlan plan, ScalarType? type) =>
        throw new CheckpointException($"{source.Path} is {Name}, which cannot be converted; only directories in the layouts of audiocraft and Hugging Face can.");
}

/// <summary>A layout of one kind of model.</summary>
/// <typeparam name="TModel"><see cref="CompressionModel"/>, <see cref="GenModelParts"/> or <see cref="Conditioning.T5TextEncoder"/>.</typeparam>
internal interface ICheckpointLayout<out TModel> : ICheckpointLayout
{
    /// <summary>Loads the model, in evaluation mode, on the device of the source's context. Called only if <see cref="ICheckpointLayout.CanRead"/> returned true.</summary>
    /// <exception cref="CheckpointException">The checkpoint is damaged or not supported.</exception>
    TModel Load(CheckpointSource source);
}
