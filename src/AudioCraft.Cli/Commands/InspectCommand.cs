using System.CommandLine;
using System.Globalization;
using AudioCraft.Checkpoints;
using AudioCraft.Cli.Options;

namespace AudioCraft.Cli.Commands;

/// <summary>What is in a checkpoint, without running anything of it.</summary>
internal static class InspectCommand
{
    private const int FirstTensors = 20;

    public static Command Create(Shell shell, Option<bool> json)
    {
        var path = new Argument<string>("path") { Description = "A file of tensors, a checkpoint's directory, a bundled name, or a Hub id that is in the cache" };
        var all = new Option<bool>("--all") { Description = "Every tensor, and the configurations in full" };
        var command = new Command("inspect", "Lists a checkpoint's tensors, configuration and licence; nothing in it is run") { path, all };
        var hub = new HubOptions(command);
        command.SetAction((line, ct) =>
        {
            var asked = line.GetRequiredValue(path);
            // Looking must not download gigabytes: what is not here is not fetched.
            var place = Directory.Exists(asked) || File.Exists(asked)
                ? asked
                : new LoadContext(hub.Read(line) with { Offline = true }, null, ct).Fetcher.Find(asked, kind: null);
            var found = CheckpointInspector.Inspect(place);
            shell.Result(json: line.GetValue(json), InspectionResult.Of(found), result => Lines(result, line.GetValue(all)));
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static IEnumerable<string> Lines(InspectionResult found, bool all)
    {
        yield return $"path         {found.Path}";
        yield return $"licence      {found.Licence ?? "not said"}";
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

/// <summary>What was found.</summary>
internal sealed record InspectionResult(
    string Path, string? Licence, long Elements, long Bytes, IReadOnlyList<string> Types, IReadOnlyDictionary<string, string> Configurations,
    IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<TensorResult> Tensors)
{
    public static InspectionResult Of(CheckpointDescription found) => new(
        found.Path, found.Licence, found.ElementCount, found.Bytes, [.. found.Tensors.Select(t => TensorResult.NameOf(t)).Distinct().Order(StringComparer.Ordinal)],
        found.Configurations, found.Metadata, [.. found.Tensors.Select(t => new TensorResult(t.File, t.Name, TensorResult.NameOf(t), t.Shape))]);
}

/// <summary>A tensor of it.</summary>
internal sealed record TensorResult(string File, string Name, string Type, IReadOnlyList<long> Shape)
{
    public static string NameOf(StoredTensor tensor) => tensor.DType.ToString().ToLowerInvariant();
}
