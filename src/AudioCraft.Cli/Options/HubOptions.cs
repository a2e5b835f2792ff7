using System.CommandLine;
using AudioCraft.Cli.Display;

namespace AudioCraft.Cli.Options;

/// <summary>Options of the Hub.</summary>
internal sealed class HubOptions
{
    private readonly Option<string?> revision = new("--revision") { Description = "Branch, tag or commit of the model on the Hub [main]" };
    private readonly Option<string?> cache = new("--cache") { Description = "Directory of the Hub's cache [HF_HUB_CACHE, or ~/.cache/huggingface/hub]" };
    private readonly Option<bool> offline = new("--offline") { Description = "Do not access the network" };

    public HubOptions(Command command)
    {
        command.Add(revision);
        command.Add(cache);
        command.Add(offline);
    }

    public PretrainedOptions Read(ParseResult line, ToolConsole console)
    {
        var options = new PretrainedOptions { CacheDirectory = line.GetValue(cache), Offline = line.GetValue(offline) ? true : null, Logger = console.Logger };
        return line.GetValue(revision) is { } wanted ? options with { Revision = wanted } : options;
    }
}
