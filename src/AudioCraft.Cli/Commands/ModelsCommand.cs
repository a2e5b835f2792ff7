using System.CommandLine;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;

namespace AudioCraft.Cli.Commands;

/// <summary>Lists the bundled models with the kinds of audio that they generate.</summary>
internal static class ModelsCommand
{
    public static Command Create(ToolConsole console)
    {
        var command = new Command("models", "Lists the bundled models and the kinds of audio that they generate");
        command.SetAction((_, _) =>
        {
            console.Result(new ModelsResult(Bundled()), ModelsResult.Lines);
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    /// <summary>The names of the bundled models, for messages.</summary>
    public static IEnumerable<string> Names() => Bundled().Select(model => model.Name);

    private static List<BundledModel> Bundled()
    {
        var folder = ModelHub.FindBundled(ModelOptions.Bundled) is { } standard ? Path.GetDirectoryName(standard) : null;
        IEnumerable<string> names = folder is null ? [] : Directory.EnumerateDirectories(folder).Select(directory => Path.GetFileName(directory)).Order(StringComparer.Ordinal);
        return [.. from name in names let path = ModelHub.FindBundled(name) where path is not null select new BundledModel(name, path, KnownKinds.Read(path).Names)];
    }
}

/// <summary>The bundled models.</summary>
internal sealed record ModelsResult(IReadOnlyList<BundledModel> Models)
{
    public static IEnumerable<string> Lines(ModelsResult result)
    {
        foreach (var model in result.Models)
        {
            yield return $"{model.Name}  {model.Path}";
            if (model.Kinds.Count > 0)
            {
                yield return $"  generates: {string.Join(", ", model.Kinds)}";
            }
        }

        if (result.Models.Count == 0)
        {
            yield return "There are no bundled models.";
        }

        yield return "Other models: a directory or a Hub id, such as facebook/audiogen-medium, with --model.";
    }
}

/// <summary>A bundled model.</summary>
/// <param name="Name">The name for --model.</param>
/// <param name="Path">Its directory.</param>
/// <param name="Kinds">The kinds of audio that it generates; empty if it is not limited to some.</param>
internal sealed record BundledModel(string Name, string Path, IReadOnlyList<string> Kinds);
