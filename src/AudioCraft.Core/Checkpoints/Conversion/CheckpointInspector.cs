using System.Text;

namespace AudioCraft.Checkpoints;

/// <summary>Describes the contents of a checkpoint. Headers and pickles are read as data: nothing in them is executed, and no tensor is read.</summary>
public static class CheckpointInspector
{
    private const string LicenseKey = "license";
    private const int MaximumTextBytes = 16 << 20, MaximumKeyDepth = 4, MaximumFiles = 1024;

    /// <summary>Describes a file of tensors, or a directory and its immediate subdirectories.</summary>
    /// <exception cref="CheckpointException">The path does not exist or has no such files, or a file is damaged.</exception>
    public static CheckpointDescription Inspect(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var found = new Findings();
        if (Directory.Exists(path))
        {
            foreach (var file in Files(path))
            {
                Add(found, file, Path.GetRelativePath(path, file));
            }
        }
        else if (File.Exists(path))
        {
            Add(found, path, Path.GetFileName(path));
            var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
            foreach (var name in CheckpointFiles.Descriptions.Where(name => File.Exists(Path.Combine(directory, name))))
            {
                Add(found, Path.Combine(directory, name), name);
            }
        }
        else
        {
            throw new CheckpointException($"There is no file or directory '{path}'.");
        }

        return found.Tensors.Count > 0 || found.Configurations.Count > 0
            ? new CheckpointDescription(path, found.Tensors, found.Configurations, found.Metadata, found.License)
            : throw new CheckpointException($"'{path}' has no file of tensors ({string.Join(", ", CheckpointFiles.TensorExtensions)}) and no {CheckpointFiles.Config}.");
    }

    private static List<string> Files(string directory)
    {
        try
        {
            List<string> files =
            [
                .. Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal),
                .. Directory.EnumerateDirectories(directory).Where(folder => Path.GetFileName(folder)[0] != '.').Order(StringComparer.Ordinal)
                    .SelectMany(folder => Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)),
            ];
            files = files.FindAll(file => CheckpointFiles.TensorExtensions.Contains(Path.GetExtension(file)) || CheckpointFiles.Descriptions.Contains(Path.GetFileName(file)));
            return files.Count <= MaximumFiles ? files : throw new CheckpointException($"'{directory}' has {files.Count} files; at most {MaximumFiles} are supported.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"'{directory}' cannot be read: {e.Message}", e);
        }
    }

    private static void Add(Findings found, string path, string name)
    {
        found.Begin(path);
        switch (Path.GetExtension(path))
        {
            case ".md":
                found.License = LicenseOfCard(Text(path)) ?? found.License;
                break;
            case ".json":
                AddJson(found, Text(path), path, name);
                break;
            case CheckpointFiles.Safetensors:
                using (var file = SafetensorsFile.Open(path))
                {
                    found.Tensors.AddRange(file.Tensors.Select(t => new StoredTensor(name, t.Key, t.Value.DType, t.Value.Shape)));
                    foreach (var (key, value) in file.Metadata)
                    {
                        found.Metadata[$"{name}: {key}"] = value;
                        found.License ??= key is LicenseKey or "licence" ? value : null;
                    }
                }

                break;
            default:
                using (var file = TorchFile.Open(path))
                {
                    AddPickle(found, name, "", file.Root, 0);
                }

                break;
        }
    }

    private static void AddPickle(Findings found, string file, string key, object? value, int depth)
    {
        switch (value)
        {
            case TorchTensorReference tensor:
                found.Tensors.Add(new StoredTensor(file, key, tensor.Info.DType, tensor.Info.Shape));
                break;
            // Dictionaries may contain themselves, or occur several times.
            case PickleDict dictionary when depth < MaximumKeyDepth && found.Seen.Add(dictionary):
                foreach (var (name, item) in dictionary.ByName)
                {
                    found.Count((long)key.Length + name.Length + 1);
                    AddPickle(found, file, key.Length == 0 ? name : $"{key}.{name}", item, depth + 1);
                }

                break;
            case string text when key == AudioCraftCheckpoint.ConfigKey:
                found.Count(text.Length);
                found.Configurations[$"{file}: {key}"] = text;
                break;
            case string text:
                found.Count(text.Length);
                found.Metadata[$"{file}: {key}"] = text;
                break;
            default:
                break;
        }
    }

    private static void AddJson(Findings found, string text, string path, string name)
    {
        var json = CheckpointConfig.ParseJson(text, path);
        found.Configurations[name] = text;
        found.License ??= json.Text(LicenseKey);
    }

    /// <summary>The value of <c>license</c> in the front matter of a model card.</summary>
    private static string? LicenseOfCard(string text)
    {
        var lines = text.Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        return lines is ["---", ..]
            ? lines.Skip(1).TakeWhile(line => line != "---").Where(line => line.StartsWith(LicenseKey + ":", StringComparison.Ordinal))
                .Select(line => line[(LicenseKey.Length + 1)..].Trim().Trim('"', '\'')).FirstOrDefault(value => value.Length > 0)
            : null;
    }

    private static string Text(string path)
    {
        using var file = new CheckpointFile(path);
        return file.Length <= MaximumTextBytes
            ? Encoding.UTF8.GetString(file.ReadBytes(0, file.Length))
            : throw new CheckpointException($"{path} has {file.Length} bytes; at most {MaximumTextBytes} are supported for a text file.");
    }

    private sealed class Findings
    {
        private const long AlwaysAccepted = 1 << 20, MaximumCharacters = 64 << 20;
        private const int CharactersPerByte = 4;

        private string path = "";
        private long charactersLeft;

        public List<StoredTensor> Tensors { get; } = [];

        public Dictionary<string, string> Configurations { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

        public HashSet<object> Seen { get; } = new(ReferenceEqualityComparer.Instance);

        public string? License { get; set; }

        /// <summary>Begins a file, whose texts are limited relative to its size: nested dictionaries could repeat a long key many times.</summary>
        public void Begin(string file)
        {
            path = file;
            charactersLeft = Math.Min(MaximumCharacters, AlwaysAccepted + (CharactersPerByte * new FileInfo(file).Length));
        }

        /// <summary>Counts characters before they are stored.</summary>
        /// <exception cref="CheckpointException">The texts exceed the limit.</exception>
        public void Count(long characters)
        {
            charactersLeft -= characters;
            if (charactersLeft < 0)
            {
                throw new CheckpointException($"{path}: the names and texts are too long for a file of {new FileInfo(path).Length} bytes.");
            }
        }
    }
}
