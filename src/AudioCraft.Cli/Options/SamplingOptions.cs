using System.CommandLine;
using System.Globalization;

namespace AudioCraft.Cli.Options;

/// <summary>Sampling options. The defaults come from the model.</summary>
internal sealed class SamplingOptions
{
    private const string Bundled = ModelOptions.Bundled;
    private const double MaxSeconds = 1e6, MaxCoefficient = 1000;

    private readonly Option<double?> duration = NumberOption.Decimal(["--duration", "-d"], "seconds", $"Length in seconds [{Bundled}: 5; others: audiogen 5, musicgen 15]", 0, MaxSeconds, above: true);
    private readonly Option<long?> seed = NumberOption.Whole(["--seed", "-s"], "number", "Seed; the same seed and prompt give the same audio [random, printed with the result]", long.MinValue, long.MaxValue);
    private readonly Option<double?> cfg = NumberOption.Decimal(["--cfg"], "number", $"Classifier-free guidance coefficient [{Bundled}: 1.5; others: 3]", -MaxCoefficient, MaxCoefficient);
    private readonly Option<double?> temperature = NumberOption.Decimal(["--temperature"], "number", $"Softmax temperature; 0 for argmax [{Bundled}: 0.85; others: 1]", 0, MaxCoefficient);
    private readonly Option<int?> topK = NumberOption.Whole(["--top-k"], "number", $"Sample from the K most probable tokens; 0 for all [{Bundled}: 100; others: 250]", 0, int.MaxValue);
    private readonly Option<double?> topP = NumberOption.Decimal(["--top-p"], "number", "Sample from the most probable tokens with this total probability; 0 for off [0]", 0, 1);
    private readonly Option<double?> extendStride = NumberOption.Decimal(
        ["--extend-stride"], "seconds", "Seconds by which the window moves if the audio is longer than the model's window [audiogen 2, musicgen 18]", 0, MaxSeconds, above: true);

    /// <param name="command">The command.</param>
    /// <param name="continues">Whether the audio starts with a recording, which the duration includes.</param>
    public SamplingOptions(Command command, bool continues)
    {
        if (continues)
        {
            duration.Description = $"Length in seconds, including the recording [the recording and {Bundled}: 5; others: audiogen 5, musicgen 15 more]";
        }

        foreach (var option in new Option[] { duration, seed, cfg, temperature, topK, topP, extendStride })
        {
            command.Add(option);
        }
    }

    /// <summary>The parameters of the command line; the others come from the model.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="model">The defaults of the model.</param>
    /// <param name="start">The length in seconds of the recording that the result begins with, which the option includes and the parameters do not.</param>
    /// <exception cref="UsageException">The duration is not longer than the recording.</exception>
    public GenerationParams Apply(ParseResult line, GenerationParams model, double start) => model with
    {
        Duration = line.GetValue(duration) is not { } total ? model.Duration
            : total > start ? total - start
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--duration includes the recording, which has {start:0.####} s, but is {total}: give more.")),
        CfgCoef = line.GetValue(cfg) ?? model.CfgCoef,
        Temperature = line.GetValue(temperature) ?? model.Temperature,
        TopK = line.GetValue(topK) ?? model.TopK,
        TopP = line.GetValue(topP) ?? model.TopP,
        ExtendStride = line.GetValue(extendStride) ?? model.ExtendStride,
    };

    /// <summary>The given seed, or a random one that is short enough to type.</summary>
    public long Seed(ParseResult line) => line.GetValue(seed) ?? Random.Shared.Next();
}
