using System.Text;

namespace AudioCraft.Checkpoints;

/// <summary>Describes the contents of a checkpoint. Headers and pickles are read as data: nothing in them is executed, and no tensor is read.</summary>
public static class CheckpointInspector
{
    private const string LicenceKey = "license";
    private const int LargestText = 16 << 20, DeepestKeys = 4, MostFiles = 1024;

    private static readonly string[] TensorFiles = [CheckpointFiles.Safetensors, CheckpointFiles.Torch, ".pt", ".pth", ".th"];

    /// <summary>Describes a file of tensors, or a directory with its folders of one level.</summary>
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
            foreach (var beside in new[] { CheckpointFiles.Config, CheckpointFiles.Card }.Select(name => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, name)).Where(File.Exists))
            {
                Add(found, beside, Path.GetFileName(beside));
            }
        }
        else
        {
            throw new CheckpointException($"There is no file or directory '{path}'.");
        }

        return found.Tensors.Count > 0 || found.Configurations.Count > 0
            ? new CheckpointDescription(path, found.Tensors, found.Configurations, found.Metadata, found.Licence)
            : throw new CheckpointException($"'{path}' has no file of tensors ({string.Join(", ", TensorFiles)}) and no {CheckpointFiles.Config}.");
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
            files = files.FindAll(file => TensorFiles.Contains(Path.GetExtension(file)) || Path.GetFileName(file) is CheckpointFiles.Config or CheckpointFiles.Card);
            return files.Count <= MostFiles ? files : throw new CheckpointException($"'{directory}' has {files.Count} files; a checkpoint has at most {MostFiles}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"'{directory}' cannot be read: {e.Message}", e);
        }
    }

    private static void Add(Findings found, string path, string name)
    {
        switch (Path.GetExtension(path))
        {
            case ".md":
                found.Licence = LicenceOfCard(Text(path)) ?? found.Licence;
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
                        found.Licence ??= key is LicenceKey or "licence" ? value : null;
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
            // Containers may hold themselves, and each other many times.
            case PickleDict dictionary when depth < DeepestKeys && found.Seen.Add(dictionary):
                foreach (var (name, item) in dictionary.ByName)
                {
                    AddPickle(found, file, key.Length == 0 ? name : $"{key}.{name}", item, depth + 1);
                }

                break;
            case string text when key == AudioCraftCheckpoint.ConfigKey:
                found.Configurations[$"{file}: {key}"] = text;
                break;
            case string text:
                found.Metadata[$"{file}: {key}"] = text;
                break;
            default:
                break;
        }
    }

    private static void AddJson(Findings found, string text, string path, string name)
    {
        var json = XpConfig.ParseJson(text, path);
        found.Configurations[name] = text;
        found.Licence ??= json.Text(LicenceKey);
    }

    /// <summary>The line <c>license: …</c> between the two lines of dashes that a card on the Hub begins with.</summary>
    private static string? LicenceOfCard(string text)
    {
        var lines = text.Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        return lines is ["---", ..]
            ? lines.Skip(1).TakeWhile(line => line != "---").Where(line => line.StartsWith(LicenceKey + ":", StringComparison.Ordinal))
                .Select(line => line[(LicenceKey.Length + 1)..].Trim().Trim('"', '\'')).FirstOrDefault(value => value.Length > 0)
            : null;
    }

    private static string Text(string path)
    {
        using var file = new CheckpointFile(path);
        return file.Length <= LargestText
            ? Encoding.UTF8.GetString(file.ReadBytes(0, file.Length))
            : throw new CheckpointException($"{path} has {file.Length} bytes; a text of at most {LargestText} is read.");
    }

    private sealed class Findings
    {
        public List<StoredTensor> Tensors { get; } = [];

        public Dictionary<string, string> Configurations { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

        public HashSet<object> Seen { get; } = new(ReferenceEqualityComparer.Instance);

        public string? Licence { get; set; }
    }
}
