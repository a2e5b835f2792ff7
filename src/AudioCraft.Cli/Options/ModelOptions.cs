using System.CommandLine;
using System.Text.RegularExpressions;
using TorchSharp;

namespace AudioCraft.Cli.Options;

/// <summary>Which model, and where and how it computes: the options that every command with a model has.</summary>
internal sealed partial class ModelOptions
{
    public const string Bundled = "audiogen-tiny";

    private readonly Option<string?> name;
    private readonly Option<string> device = new("--device") { Description = "cpu, cuda, cuda:1, …; auto takes the GPU if there is one", DefaultValueFactory = _ => "auto" };
    private readonly Option<int?> threads = new("--threads") { Description = "Threads that compute on the CPU" };
    private readonly Option<string> precision = new("--precision") { Description = "What the language model is kept in, less is faster and smaller: float32; bfloat16; int8 on a CPU; float16 on a GPU", DefaultValueFactory = _ => "float32" };
    private readonly Option<string?> textEncoder = new("--text-encoder") { Description = "Directory or Hub id of the T5, where it is not the checkpoint's own" };
    private readonly bool isGenerative;

    /// <param name="command">The command that gets them.</param>
    /// <param name="what">What the model is for, in the help.</param>
    /// <param name="standard">The model that is used when none is named; null where that follows from something else.</param>
    /// <param name="isGenerative">Whether it is a language model, which has more to choose.</param>
    public ModelOptions(Command command, string what, string? standard = Bundled, bool isGenerative = true)
    {
        this.isGenerative = isGenerative;
        name = new Option<string?>("--model", "-m") { Description = $"{what}: bundled name, directory, or Hub id such as {(isGenerative ? "facebook/audiogen-medium" : "facebook/encodec_24khz")}" };
        if (standard is not null)
        {
            name.DefaultValueFactory = _ => standard;
        }

        precision.AcceptOnlyFromAmong("float32", "bfloat16", "int8", "float16");
        threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 1024)
            {
                result.AddError("--threads takes 1 to 1024.");
            }
        });
        command.Add(name);
        Hub = new HubOptions(command);
        command.Add(device);
        command.Add(threads);
        if (isGenerative)
        {
            command.Add(precision);
            command.Add(textEncoder);
        }
    }

    /// <summary>Where models that are not here come from.</summary>
    public HubOptions Hub { get; }

    /// <summary>The model that is named, or null where none is and none is standard.</summary>
    public string? Name(ParseResult line) => line.GetValue(name);

    /// <summary>How to find and load it. This is where libtorch is loaded.</summary>
    /// <exception cref="UsageException">The device is none.</exception>
    public PretrainedOptions Read(ParseResult line)
    {
        var options = Hub.Read(line) with { Device = Device(line.GetRequiredValue(device)) };
        if (line.GetValue(threads) is { } count)
        {
            torch.set_num_threads(count);
        }

        return isGenerative
            ? options with { Precision = Enum.Parse<ModelPrecision>(line.GetRequiredValue(precision), ignoreCase: true), TextEncoder = line.GetValue(textEncoder) }
            : options;
    }

    private static torch.Device? Device(string text)
    {
        if (text == "auto")
        {
            return null;
        }

        if (!DeviceName().IsMatch(text))
        {
            throw new UsageException($"--device takes auto, cpu, cuda or cuda:N, not '{text}'.");
        }

        if (text != "cpu" && !torch.cuda.is_available())
        {
            throw new AudioCraftException($"There is no {text} here: libtorch finds no GPU that it can use. `audiocraft devices` says why.");
        }

        return torch.device(text);
    }

    [GeneratedRegex("^(cpu|cuda(:[0-9]{1,2})?)$")]
    private static partial Regex DeviceName();
}
