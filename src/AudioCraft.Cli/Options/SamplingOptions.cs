using System.CommandLine;

namespace AudioCraft.Cli.Options;

/// <summary>Sampling options. The defaults are those of the model.</summary>
internal sealed class SamplingOptions
{
    private readonly Option<double?> duration = new("--duration", "-d") { Description = "Length in seconds" };
    private readonly Option<long?> seed = new("--seed", "-s") { Description = "Seed of the sampling; the same seed and prompt give the same audio (random, printed with the result)" };
    private readonly Option<double?> cfg = new("--cfg") { Description = "Classifier-free guidance coefficient (3)" };
    private readonly Option<double?> temperature = new("--temperature") { Description = "Softmax temperature; 0 for argmax" };
    private readonly Option<int?> topK = new("--top-k") { Description = "Sample from the K most probable tokens; 0 for all" };
    private readonly Option<double?> topP = new("--top-p") { Description = "Sample from the most probable tokens with this total probability; 0 for off" };
    private readonly Option<double?> extendStride = new("--extend-stride") { Description = "Seconds by which the window moves if the audio is longer than the model's window" };

    public SamplingOptions(Command command)
    {
        foreach (var option in new Option[] { duration, seed, cfg, temperature, topK, topP, extendStride })
        {
            command.Add(option);
        }
    }

    /// <param name="line">The command line.</param>
    /// <param name="model">The defaults of the model.</param>
    /// <param name="start">The length of the prompt audio in seconds.</param>
    public GenerationParams Apply(ParseResult line, GenerationParams model, double start = 0) => model with
    {
        Duration = line.GetValue(duration) ?? model.Duration + start,
        CfgCoef = line.GetValue(cfg) ?? model.CfgCoef,
        Temperature = line.GetValue(temperature) ?? model.Temperature,
        TopK = line.GetValue(topK) ?? model.TopK,
        TopP = line.GetValue(topP) ?? model.TopP,
        ExtendStride = line.GetValue(extendStride) ?? model.ExtendStride,
    };

    /// <summary>The given seed, or a random one that is short enough to type.</summary>
    public long Seed(ParseResult line) => line.GetValue(seed) ?? Random.Shared.Next();
}
