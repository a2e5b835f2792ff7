namespace AudioCraft.Checkpoints;

/// <summary>A directory or file that may contain a model. The configuration and the file are opened once, and the layouts share them.</summary>
internal sealed class CheckpointSource : IDisposable
{
    private CheckpointConfig? config;
    private TensorArchive? archive;

    /// <param name="path">An existing directory or file.</param>
    /// <param name="context">The call that loads it.</param>
    /// <exception cref="CheckpointException">The path is neither a file nor a directory.</exception>
    public CheckpointSource(string path, LoadContext context)
    {
        (Path, Context, IsFile) = (path, context, File.Exists(path));
        Directory = IsFile ? System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))! : path;
        if (!IsFile && !System.IO.Directory.Exists(path))
        {
            throw new CheckpointException($"{path} is neither a file nor a directory.");
        }
    }

    /// <summary>The directory or file.</summary>
    public string Path { get; }

    /// <summary>The call that loads it.</summary>
    public LoadContext Context { get; }

    /// <summary>Whether <see cref="Path"/> is a file.</summary>
    public bool IsFile { get; }

    /// <summary>Whether <see cref="Path"/> is a <c>.safetensors</c> file.</summary>
    public bool IsSafetensors => IsFile && System.IO.Path.GetExtension(Path) == CheckpointFiles.Safetensors;

    /// <summary>The name of the file; the directory's for a directory.</summary>
    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>The directory, or the one that contains the file.</summary>
    public string Directory { get; }

    /// <summary>The directory's <c>config.json</c>; null if there is none.</summary>
    /// <exception cref="CheckpointException">It is damaged.</exception>
    public CheckpointConfig? Config => config ??= Has(CheckpointFiles.Config) ? CheckpointConfig.LoadJson(PathOf(CheckpointFiles.Config)) : null;

    /// <summary>The <c>model_type</c> in <c>config.json</c>; null if there is none.</summary>
    public string? ModelType => Config?.Text("model_type");

    /// <summary>The tensors of the file, which must not be a directory.</summary>
    public TensorArchive Archive => archive ??= IsSafetensors ? SafetensorsFile.Open(Path, Context.Options.MemoryMap) : TorchFile.Open(Path, Context.Options.MemoryMap);

    /// <summary><see cref="Archive"/> if the file was written by <c>torch.save</c>; null for a directory and for safetensors.</summary>
    public TorchFile? Torch => IsFile && !IsSafetensors ? (TorchFile)Archive : null;

    /// <summary>Whether <see cref="Directory"/> has a file.</summary>
    public bool Has(string name) => File.Exists(PathOf(name));

    /// <summary>Path of a file of <see cref="Directory"/>.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Directory, name);

    /// <summary>Checks that the caller loads a model with its own class. Called before the weights are read, if the configuration tells the class.</summary>
    /// <exception cref="CheckpointException">The caller loads a MusicGen as an AudioGen, or the reverse.</exception>
    public void CheckClass(bool isMusicGen)
    {
        if (Context.ExpectsMusicGen is { } expected && expected != isMusicGen)
        {
            var (actual, requested) = isMusicGen ? (nameof(MusicGen), nameof(AudioGen)) : (nameof(AudioGen), nameof(MusicGen));
            throw new CheckpointException($"'{Path}' is a checkpoint of {actual}, not of {requested}. Load it with {actual}.GetPretrained, or with {nameof(BaseGenModel)}.GetPretrained for either class.");
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => archive?.Dispose();
}
