using System.Globalization;
using AudioCraft;

namespace TextToSound;

/// <summary>The command line.</summary>
internal sealed class Arguments
{
    public const string Usage = """
        TextToSound [description…] [options]

          description…         what to hear, one WAV each; "a dog barks in the distance" if there is none
          --duration S         seconds in all, the start of --continue included (5, and the start)
          --extend-stride S    for sounds longer than the model's window: by how many seconds it moves on (2)
          --continue FILE      a WAV of any rate and channel count to go on from
          --model DIR          a checkpoint directory
          --seed N             the same seed gives the same sound
          --out DIR            where the WAVs go (out)
          --cfg C              guidance: how closely to follow the text (3)
          --top-k K            draw among the K likeliest tokens; 0 for all (250)
          --temperature T      softmax temperature (1)
          --greedy             take the likeliest token instead of drawing
        """;

    private readonly List<string> descriptions = [];
    private double? duration, extendStride, cfg, temperature;
    private int? topK;
    private long? seed;
    private bool greedy;

    public bool Help { get; private set; }

    public string? Model { get; private set; }

    public string? Continue { get; private set; }

    public string Out { get; private set; } = "out";

    public IReadOnlyList<string> Descriptions => descriptions;

    /// <summary>What each file is named for: the descriptions, or the file that goes on without one.</summary>
    public IReadOnlyList<string> Sounds => descriptions.Count > 0 ? descriptions : [$"{Path.GetFileNameWithoutExtension(Continue)} continued"];


    /// <param name="parameters">The model's own.</param>
    /// <param name="start">Seconds of the sound that is gone on from.</param>
    public GenerationParams ApplyTo(GenerationParams parameters, double start) => parameters with
    {
        UseSampling = !greedy,
        Duration = duration ?? parameters.Duration + start,
        ExtendStride = extendStride ?? parameters.ExtendStride,
        CfgCoef = cfg ?? parameters.CfgCoef,
        TopK = topK ?? parameters.TopK,
        Temperature = temperature ?? parameters.Temperature,
        Seed = seed ?? parameters.Seed,
    };

    /// <exception cref="FormatException">An argument is unknown, lacks its value, or has one that is no number.</exception>
    public static Arguments Parse(IReadOnlyList<string> args)
    {
        var result = new Arguments();
        var words = new Queue<string>(args);
        var onlyDescriptions = false;
        while (words.TryDequeue(out var word))
        {
            if (onlyDescriptions || !word.StartsWith("--", StringComparison.Ordinal))
            {
                result.descriptions.Add(word);
            }
            else if (word == "--")
            {
                onlyDescriptions = true;
            }
            else
            {
                result.Read(word, words);
            }
        }

        if (result.descriptions.Count == 0 && result.Continue is null)
        {
            result.descriptions.Add("a dog barks in the distance");
        }

        return result;
    }

    private void Read(string word, Queue<string> words)
    {
        var (name, inline) = word.IndexOf('=', StringComparison.Ordinal) is var at and > 0 ? (word[..at], word[(at + 1)..]) : (word, null);
        string Value() => inline ?? (words.TryDequeue(out var next) ? next : throw new FormatException($"{name} needs a value."));
        double Number() => Value() is var text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number : throw new FormatException($"{name} takes a number, not '{text}'.");
        long Whole() => Value() is var text && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number : throw new FormatException($"{name} takes a whole number, not '{text}'.");

        switch (name)
        {
            case "--duration": duration = Number(); break;
            case "--extend-stride": extendStride = Number(); break;
            case "--cfg": cfg = Number(); break;
            case "--temperature": temperature = Number(); break;
            case "--top-k": topK = (int)Math.Clamp(Whole(), int.MinValue, int.MaxValue); break;
            case "--seed": seed = Whole(); break;
            case "--continue": Continue = Value(); break;
            case "--model": Model = Value(); break;
            case "--out": Out = Value(); break;
            case "--greedy" when inline is null: greedy = true; break;
            case "--help" when inline is null: Help = true; break;
            default: throw new FormatException($"{word} is no argument of this program.");
        }
    }
}
