using System.CommandLine;

namespace AudioCraft.Cli.Options;

/// <summary>How a sound is drawn from a model. What is not said is as the model suggests.</summary>
internal sealed class SamplingOptions
{
    private readonly Option<double?> duration = new("--duration", "-d") { Description = "Seconds" };
    private readonly Option<long?> seed = new("--seed", "-s") { Description = "The same seed and prompt give the same sound; else one is drawn and told" };
    private readonly Option<double?> cfg = new("--cfg") { Description = "Guidance: how closely to follow the text (3)" };
    private readonly Option<double?> temperature = new("--temperature") { Description = "Softmax temperature; 0 takes the likeliest token" };
    private readonly Option<int?> topK = new("--top-k") { Description = "Draw among the K likeliest tokens; 0 for all" };
    private readonly Option<double?> topP = new("--top-p") { Description = "Draw among the likeliest tokens that together have this probability" };
    private readonly Option<double?> extendStride = new("--extend-stride") { Description = "For sounds longer than the model's window: by how many seconds it moves on" };

    public SamplingOptions(Command command)
    {
        foreach (var option in new Option[] { duration, seed, cfg, temperature, topK, topP, extendStride })
        {
            command.Add(option);
        }
    }

    /// <param name="line">The command line.</param>
    /// <param name="model">The model's own.</param>
    /// <param name="start">Seconds of a sound that is gone on from.</param>
    public GenerationParams Apply(ParseResult line, GenerationParams model, double start = 0) => model with
    {
        Duration = line.GetValue(duration) ?? model.Duration + start,
        CfgCoef = line.GetValue(cfg) ?? model.CfgCoef,
        Temperature = line.GetValue(temperature) ?? model.Temperature,
        TopK = line.GetValue(topK) ?? model.TopK,
        TopP = line.GetValue(topP) ?? model.TopP,
        ExtendStride = line.GetValue(extendStride) ?? model.ExtendStride,
    };

    /// <summary>The seed that was given, or one that is drawn now, short enough to be typed again.</summary>
    public long Seed(ParseResult line) => line.GetValue(seed) ?? Random.Shared.Next();
}
