using AudioCraft.Formats;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>The contents of a converted checkpoint: files of tensors, copied files, and <c>config.json</c>, which is written last.</summary>
internal sealed class ConversionPlan : IDisposable
{
    private const int LargestCopy = 64 << 20;

    // Tied weights occur under up to four names, and each is written.
    private const int AlwaysAccepted = 1 << 20, MaximumSharing = 4;

    private readonly List<(string File, CastArchive Archive)> weights = [];
    private readonly List<(string File, string Source)> copies = [];
    private readonly List<IDisposable> open = [];
    private Action<string>? last;

    /// <summary>Keeps an object open until everything is written.</summary>
    public T Keep<T>(T value)
        where T : IDisposable
    {
        open.Add(value);
        return value;
    }

    /// <summary>Adds a file of tensors.</summary>
    /// <exception cref="CheckpointException">The result would be many times larger than the source, because its tensors share storages.</exception>
    public void AddWeights(string file, TensorArchive archive, ScalarType? type, Func<string, bool>? wanted = null)
    {
        var written = Keep(new CastArchive(archive, type, wanted));
        var elements = written.Tensors.Values.Sum(info => (double)info.ElementCount);
        if (elements > AlwaysAccepted)
        {
            written.CheckHolds(elements / MaximumSharing, "checkpoint");
        }

        weights.Add((file, written));
    }

    /// <summary>Adds files of a directory to copy; missing ones are skipped.</summary>
    public void AddCopies(string directory, string folder, params string[] names)
    {
        foreach (var name in names.Where(name => File.Exists(Path.Combine(directory, name)) && !copies.Exists(copy => copy.File == Path.Combine(folder, name))))
        {
            copies.Add((Path.Combine(folder, name), Path.Combine(directory, name)));
        }
    }

    /// <summary>Copies the <c>config.json</c> of the source.</summary>
    public void CopyConfig(string path) => last = target => Copy(path, target);

    /// <summary>Writes a <c>config.json</c> in the form that <see cref="AudioCraftCheckpoint"/> describes.</summary>
    /// <param name="models">Name, key (<c>xp.cfg</c> or <c>pretrained</c>) and value of each model.</param>
    public void WriteConfig(IReadOnlyList<(string Name, string Key, string Value)> models) => last = target => CheckpointWriter.WriteConfig(target, models);

    /// <summary>Writes everything into a directory.</summary>
    /// <exception cref="AudioCraftException">A tensor cannot be read, or a file cannot be written.</exception>
    public void Write(string directory, IProgress<ConversionProgress>? progress, CancellationToken cancellationToken)
    {
        var (total, done) = (weights.Sum(w => w.Archive.Bytes), 0L);
        foreach (var (file, archive) in weights)
        {
            var before = done;
            var path = Path.Combine(directory, file);
            var inner = new Relay(bytes => progress?.Report(new ConversionProgress(file, before + bytes, total)));
            SafetensorsWriter.Write(path, archive, new Dictionary<string, string> { ["format"] = "pt" }, inner, cancellationToken);
            done += archive.Bytes;
        }

        cancellationToken.ThrowIfCancellationRequested();
        copies.ForEach(copy => Copy(copy.Source, Path.Combine(directory, copy.File)));
        last?.Invoke(Path.Combine(directory, CheckpointFiles.Config));
    }

    /// <summary>Closes the kept objects.</summary>
    public void Dispose()
    {
        open.Reverse();
        open.ForEach(value => value.Dispose());
        open.Clear();
    }

    private static void Copy(string source, string target)
    {
        byte[] bytes;
        using (var file = new CheckpointFile(source))
        {
            bytes = file.Length <= LargestCopy ? file.ReadBytes(0, file.Length) : throw new CheckpointException($"{source} has {file.Length} bytes; at most {LargestCopy} are supported.");
        }

        AtomicFile.Write(target, stream => stream.Write(bytes));
    }

    // Progress<T> would report on another thread, out of order.
    private sealed class Relay(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
