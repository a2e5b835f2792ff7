using System.CommandLine;
using System.Text.RegularExpressions;
using AudioCraft.Cli.Devices;
using AudioCraft.Cli.Display;
using TorchSharp;

namespace AudioCraft.Cli.Options;

/// <summary>Options of every command with a model: the name, the device and the precision.</summary>
internal sealed partial class ModelOptions
{
    public const string Bundled = "audiogen-tiny";

    private readonly Option<string?> name;
    private readonly Option<string> device = new("--device") { Description = "cpu, cuda, cuda:1, …; auto uses the GPU if one is available", DefaultValueFactory = _ => "auto" };
    private readonly Option<int?> threads = NumberOption.Whole(["--threads"], "number", "CPU threads [all cores]", 1, 1024);
    private readonly Option<string> precision = new("--precision") { Description = "Precision of the language model's weights; lower is faster and smaller: float32; bfloat16; int8 on a CPU; float16 on a GPU", DefaultValueFactory = _ => "float32" };
    private readonly Option<string?> textEncoder = new("--text-encoder") { Description = "Directory or Hub id of the T5 encoder, to replace the checkpoint's" };
    private readonly bool isGenerative;

    /// <param name="command">The command.</param>
    /// <param name="what">The description of the model in the help text.</param>
    /// <param name="standard">The default model; null if the command determines it.</param>
    /// <param name="isGenerative">Whether it is a generative model, which has more options.</param>
    public ModelOptions(Command command, string what, string? standard = Bundled, bool isGenerative = true)
    {
        this.isGenerative = isGenerative;
        name = new Option<string?>("--model", "-m") { Description = $"{what}: bundled name, directory, or Hub id such as {(isGenerative ? "facebook/audiogen-medium" : "facebook/encodec_24khz")}" };
        if (standard is not null)
        {
            name.DefaultValueFactory = _ => standard;
        }

        precision.AcceptOnlyFromAmong("float32", "bfloat16", "int8", "float16");
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

    /// <summary>The options of the Hub.</summary>
    public HubOptions Hub { get; }

    /// <summary>The name of the model, or null if there is no default.</summary>
    public string? Name(ParseResult line) => line.GetValue(name);

    /// <summary>The options for loading the model. Loads libtorch.</summary>
    /// <exception cref="UsageException">The device is invalid.</exception>
    public PretrainedOptions Read(ParseResult line, ToolConsole console)
    {
        LibtorchError.ThrowIfDamaged();
        var options = Hub.Read(line, console) with { Device = Device(line.GetRequiredValue(device)) };
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
            throw new AudioCraftException($"'{text}' is not available: libtorch finds no usable GPU. `audiocraft devices` shows the reason.");
        }

        return torch.device(text);
    }

    [GeneratedRegex("^(cpu|cuda(:[0-9]{1,2})?)$")]
    private static partial Regex DeviceName();
}
