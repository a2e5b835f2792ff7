using System.Text;
using System.Text.Json;
using AudioCraft.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// The state of a training in one <c>.safetensors</c> file, written atomically: the tensors of each part as <c>part/name</c>,
/// and under the metadata key <c>training</c> the numbers as JSON.
/// </summary>
internal static class TrainingCheckpoint
{
    private const string FormatKey = "format", Format = "audiocraft-training", NumbersKey = "training";
    private const int NamesShown = 10;

    /// <summary>Writes the state of the parts, and the numbers of the training.</summary>
    public static void Write(string path, IReadOnlyDictionary<string, IStateful> parts, IReadOnlyDictionary<string, double> own)
    {
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var numbers = new SortedDictionary<string, double>(own.ToDictionary(n => "/" + n.Key, n => n.Value), StringComparer.Ordinal);
        foreach (var (part, state) in parts)
        {
            foreach (var (name, tensor) in state.StateTensors())
            {
                tensors.Add($"{part}/{name}", tensor);
            }

            foreach (var (name, number) in state.StateNumbers())
            {
                numbers.Add($"{part}/{name}", number);
            }
        }

        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { [FormatKey] = Format, [NumbersKey] = ToJson(numbers) });
    }

    /// <summary>Restores the parts, and returns the numbers of the training.</summary>
    /// <exception cref="CheckpointException">The file is damaged or belongs to another training; nothing has been changed.</exception>
    public static IReadOnlyDictionary<string, double> Read(string path, IReadOnlyDictionary<string, IStateful> parts)
    {
        using var file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault(FormatKey) != Format || !file.Metadata.TryGetValue(NumbersKey, out var json))
        {
            throw new CheckpointException($"{path} is not the state of a training: it lacks the metadata '{FormatKey}': '{Format}'.");
        }

        var numbers = FromJson(json, path);
        var targets = parts.SelectMany(p => p.Value.StateTensors().Select(t => (Name: $"{p.Key}/{t.Key}", t.Value))).ToDictionary(t => t.Name, t => t.Value, StringComparer.Ordinal);
        CheckNames(file, targets);
        using var guard = no_grad();
        foreach (var (name, target) in targets)
        {
            file.ReadInto(name, target);
        }

        foreach (var (part, state) in parts)
        {
            state.RestoreNumbers(Below(numbers, part + "/"));
        }

        return Below(numbers, "/");
    }

    private static void CheckNames(SafetensorsFile file, Dictionary<string, Tensor> targets)
    {
        var wrong = file.Tensors.Keys.Where(n => !targets.ContainsKey(n)).Select(n => $"{n} is unexpected")
            .Concat(targets.Keys.Where(n => !file.Tensors.ContainsKey(n)).Select(n => $"{n} is missing"))
            .Concat(targets.Where(t => file.Tensors.TryGetValue(t.Key, out var info) && (!info.Shape.SequenceEqual(t.Value.shape) || info.DType != t.Value.dtype))
                .Select(t => $"{t.Key} is {file.Tensors[t.Key].DType} {file.Tensors[t.Key].ShapeText}, not {t.Value.dtype} [{string.Join(", ", t.Value.shape)}]"))
            .ToList();
        if (wrong.Count > 0)
        {
            var more = wrong.Count > NamesShown ? $", and {wrong.Count - NamesShown} more" : "";
            throw new CheckpointException($"{file.Source} is the state of another training: {string.Join(", ", wrong.Take(NamesShown))}{more}.");
        }
    }

    private static Dictionary<string, double> Below(Dictionary<string, double> numbers, string prefix) =>
        numbers.Where(n => n.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(n => n.Key[prefix.Length..], n => n.Value, StringComparer.Ordinal);

    private static string ToJson(IReadOnlyDictionary<string, double> numbers)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            foreach (var (name, number) in numbers)
            {
                json.WriteNumber(name, number);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static Dictionary<string, double> FromJson(string json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 });
            var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                numbers[entry.Name] = entry.Value.GetDouble();
            }

            return numbers;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException($"{path} is not the state of a training: its numbers cannot be read. {error.Message}", error);
        }
    }
}

/// <summary>The state of a module: all of its parameters and persistent buffers.</summary>
internal sealed class ModuleState(nn.Module module) : IStateful
{
    public IReadOnlyDictionary<string, Tensor> StateTensors() => module.state_dict();

    public IReadOnlyDictionary<string, double> StateNumbers() => new Dictionary<string, double>();

    public void RestoreNumbers(IReadOnlyDictionary<string, double> numbers) { }
}
