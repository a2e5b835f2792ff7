using System.Globalization;

namespace CompressAudio;

/// <summary>What the command line says.</summary>
internal sealed record Options(string? Input, string? Model, double? Bandwidth, string Out)
{
    public static Options Parse(string[] args, string directory)
    {
        var options = new Options(null, null, null, directory);
        for (var i = 0; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{args[i - 1]} needs a value.");
            options = args[i] switch
            {
                "--model" => options with { Model = Value() },
                "--out" => options with { Out = Value() },
                "--bandwidth" => options with
                {
                    Bandwidth = double.TryParse(Value(), NumberStyles.Float, CultureInfo.InvariantCulture, out var kbps) && kbps > 0
                        ? kbps
                        : throw new FormatException("--bandwidth needs a number of kb/s above 0."),
                },
                ['-', ..] => throw new FormatException($"{args[i]} is not known: [in.wav] [--model FILE] [--bandwidth KBPS] [--out DIRECTORY]."),
                _ => options with { Input = args[i] },
            };
        }

        return options;
    }
}
