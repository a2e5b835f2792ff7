using System.CommandLine;
using System.Globalization;
using AudioCraft.Checkpoints;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;

namespace AudioCraft.Cli.Commands;

/// <summary>Lists the contents of a checkpoint. No code in it is run.</summary>
internal static class InspectCommand
{
    private const int FirstTensors = 20;

    public static Command Create(ToolConsole console)
    {
        var path = new Argument<string>("path") { Description = "A file of tensors, the directory of a checkpoint, a bundled name, or a Hub id in the cache" };
        var all = new Option<bool>("--all") { Description = "Show all tensors and complete configurations" };
        var command = new Command("inspect", "Lists the tensors, configuration and license of a checkpoint; no code in it is run") { path, all };
        var hub = new HubOptions(command);
        command.SetAction((line, cancellationToken) =>
        {
            var asked = line.GetRequiredValue(path);
            // Never downloads.
            var place = Directory.Exists(asked) || File.Exists(asked) ? asked : Find(asked, hub.Read(line, console));
            var found = CheckpointInspector.Inspect(place);
            console.Result(InspectionResult.Of(found), result => Lines(result, line.GetValue(all)));
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    /// <summary>Finds a bundled model or one in the Hub's cache.</summary>
    /// <exception cref="AudioCraftException">There is none.</exception>
    private static string Find(string name, PretrainedOptions options)
    {
        try
        {
            return ModelHub.Find(name, options);
        }
        catch (HubException error) when (error.Error == HubError.Offline)
        {
            // The search never uses the network, so advice about the network would be wrong.
            var download = name.Contains('/', StringComparison.Ordinal) ? $"; `audiocraft download {name}` downloads it" : "";
            throw new AudioCraftException(
                $"There is no file, directory or bundled model '{name}', and the Hub's cache has no complete model of this name{download}. Bundled models: {string.Join(", ", ModelsCommand.Names())}.", error);
        }
    }

    private static IEnumerable<string> Lines(InspectionResult found, bool all)
    {
        yield return $"path         {found.Path}";
        yield return $"license      {found.License ?? "unknown"}";
        yield return string.Create(CultureInfo.InvariantCulture, $"tensors      {found.Tensors.Count}, {found.Elements:N0} numbers, {found.Bytes:N0} bytes ({string.Join(", ", found.Types)})");
        foreach (var (where, text) in found.Configurations)
        {
            yield return $"configured   {where}{(all ? "" : $" ({text.Length} characters)")}";
            foreach (var line in all ? text.ReplaceLineEndings("\n").Split('\n') : [])
            {
                yield return $"  {line}";
            }
        }

        foreach (var (where, text) in found.Metadata.Where(entry => all || entry.Value.Length <= 100))
        {
            yield return $"metadata     {where} = {text.ReplaceLineEndings(" ")}";
        }

        foreach (var tensor in all ? found.Tensors : found.Tensors.Take(FirstTensors))
        {
            yield return $"  {tensor.File}  {tensor.Name}  {tensor.Type} [{string.Join(", ", tensor.Shape)}]";
        }

        if (!all && found.Tensors.Count > FirstTensors)
        {
            yield return $"  … and {found.Tensors.Count - FirstTensors} more: --all lists them";
        }
    }
}

/// <summary>The contents of a checkpoint.</summary>
internal sealed record InspectionResult(
    string Path, string? License, long Elements, long Bytes, IReadOnlyList<string> Types, IReadOnlyDictionary<string, string> Configurations,
    IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<TensorResult> Tensors)
{
    public static InspectionResult Of(CheckpointDescription found) => new(
        found.Path, found.License, found.ElementCount, found.Bytes, [.. found.Tensors.Select(t => TensorResult.NameOf(t)).Distinct().Order(StringComparer.Ordinal)],
        found.Configurations, found.Metadata, [.. found.Tensors.Select(t => new TensorResult(t.File, t.Name, TensorResult.NameOf(t), t.Shape))]);
}

/// <summary>A tensor of a checkpoint.</summary>
internal sealed record TensorResult(string File, string Name, string Type, IReadOnlyList<long> Shape)
{
    public static string NameOf(StoredTensor tensor) => tensor.DType.ToString().ToLowerInvariant();
}
