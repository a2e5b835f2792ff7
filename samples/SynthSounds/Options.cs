using System.Globalization;

namespace SynthSounds;

/// <summary>What the command line says.</summary>
internal sealed record Options
{
    public const string Usage = "Usage: SynthSounds [--out DIRECTORY] [--count N] [--seed N] [--seconds S] [--rate HERTZ] [--held-out]";

    public string Out { get; private init; } = "sounds";

    public int Count { get; private init; } = 1000;

    public long Seed { get; private init; } = 1;

    public double Seconds { get; private init; } = 5;

    public int SampleRate { get; private init; } = 16000;

    public bool HeldOut { get; private init; }

    public static Options Parse(string[] args)
    {
        var options = new Options();
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--out" => options with { Out = Value() },
                "--count" => options with { Count = Number<int>() },
                "--seed" => options with { Seed = Number<long>() },
                "--seconds" => options with { Seconds = Number<double>() },
                "--rate" => options with { SampleRate = Number<int>() },
                "--held-out" => options with { HeldOut = true },
                _ => throw new ArgumentException($"'{args[i]}' is not understood."),
            };

            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value.");
            T Number<T>() where T : struct, System.Numerics.INumber<T> =>
                T.TryParse(Value(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException($"{args[i - 1]} needs a number, not '{args[i]}'.");
        }

        return options;
    }
}
