using System.CommandLine;

namespace AudioCraft.Cli.Options;

/// <summary>Where models come from that are not on this machine.</summary>
internal sealed class HubOptions
{
    private readonly Option<string?> revision = new("--revision") { Description = "Branch, tag or commit of the model on the Hub (main)" };
    private readonly Option<string?> cache = new("--cache") { Description = "The Hub's cache (HF_HUB_CACHE, or ~/.cache/huggingface/hub)" };
    private readonly Option<bool> offline = new("--offline") { Description = "Use only what is on this machine" };

    public HubOptions(Command command)
    {
        command.Add(revision);
        command.Add(cache);
        command.Add(offline);
    }

    public PretrainedOptions Read(ParseResult line)
    {
        var options = new PretrainedOptions { CacheDirectory = line.GetValue(cache), Offline = line.GetValue(offline) ? true : null };
        return line.GetValue(revision) is { } wanted ? options with { Revision = wanted } : options;
    }
}
