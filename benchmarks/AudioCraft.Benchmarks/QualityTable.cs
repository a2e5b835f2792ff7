using System.Globalization;
using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>
/// The quality of each precision: the difference between its logits and those of float32 for the same tokens, how often the argmax is the same, and the fraction of
/// tokens that are the same in greedy generation. Decoding steps use the same code as generation.
/// </summary>
internal static class QualityTable
{
    private static readonly string[] _descriptions =
    [
        "a siren, fast and distant", "a doorbell", "footsteps, slow", "a dog barking, several times", "a church bell, low", "a bird chirping, high and fast", "heavy rain", "a clock ticking",
    ];

    /// <param name="name">A checkpoint of AudioGen.</param>
    /// <param name="threads">Threads.</param>
    public static void Print(string name, int threads)
    {
        set_num_threads(threads);
        using var guard = no_grad();
        using var exact = AudioGen.GetPretrained(name, new PretrainedOptions { Device = CPU });
        exact.GenerationParams = exact.GenerationParams with { UseSampling = false, Duration = exact.MaxDuration };
        var tokens = Greedy(exact);
        var logits = tokens.Select((codes, i) => Logits(exact.LM, _descriptions[i], codes)).ToList();
        Console.WriteLine($"{name}, {_descriptions.Length} descriptions, {tokens.Sum(t => (long)t.Length):N0} tokens");
        Console.WriteLine();
        Console.WriteLine("| weights | logit error, relative RMS | largest | equal argmax | equal greedy tokens |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var precision in (ModelPrecision[])[ModelPrecision.BFloat16, ModelPrecision.Int8])
        {
            using var model = AudioGen.GetPretrained(name, new PretrainedOptions { Device = CPU, Precision = precision });
            model.GenerationParams = exact.GenerationParams;
            var own = tokens.Select((codes, i) => Logits(model.LM, _descriptions[i], codes)).ToList();
            var (error, size, largest, same, count) = (0.0, 0.0, 0.0, 0L, 0L);
            for (var i = 0; i < own.Count; i++)
            {
                for (var row = 0; row < own[i].Length; row++)
                {
                    var (have, want) = (own[i][row], logits[i][row]);
                    for (var j = 0; j < have.Length; j++)
                    {
                        error += (have[j] - want[j]) * (double)(have[j] - want[j]);
                        size += want[j] * (double)want[j];
                        largest = Math.Max(largest, Math.Abs(have[j] - want[j]));
                    }

                    same += Array.IndexOf(have, have.Max()) == Array.IndexOf(want, want.Max()) ? 1 : 0;
                    count++;
                }
            }

            var greedy = Greedy(model).Zip(tokens).Sum(pair => pair.First.Cast<long>().Zip(pair.Second.Cast<long>()).LongCount(t => t.First == t.Second));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {precision} | {Math.Sqrt(error / size):P2} | {largest:F3} | {(double)same / count:P2} | {greedy / (double)tokens.Sum(t => (long)t.Length):P1} |"));
        }
    }

    /// <summary>Codes [K, frames] of each description.</summary>
    private static List<long[,]> Greedy(AudioGen model)
    {
        var all = new List<long[,]>();
        foreach (var description in _descriptions)
        {
            var (audio, tokens) = model.GenerateWithTokens([description]);
            using (audio)
            using (tokens)
            {
                var (books, frames) = ((int)tokens.size(1), (int)tokens.size(2));
                var codes = new long[books, frames];
                Buffer.BlockCopy(tokens.data<long>().ToArray(), 0, codes, 0, books * frames * sizeof(long));
                all.Add(codes);
            }
        }

        return all;
    }

    /// <summary>The logits of every codebook for given codes with the delay pattern, one array per step.</summary>
    private static float[][] Logits(LMModel model, string description, long[,] codes)
    {
        using var scope = NewDisposeScope();
        var (books, frames, card) = (codes.GetLength(0), codes.GetLength(1), model.Config.Cardinality);
        var conditions = model.EncodeDescriptions([description]);
        using var state = model.CreateState(1, frames, conditions);
        var decoder = state.Decoder ?? throw new InvalidOperationException("This model's steps are not taken in plain memory.");
        var (rows, step, all) = (new List<float[]>(), new long[books], new float[books * card]);
        for (var t = 0; t < frames; t++)
        {
            for (var k = 0; k < books; k++)
            {
                // The delay pattern: codebook k is delayed by k steps, after one step of the special token.
                step[k] = t - 1 - k is >= 0 and var frame ? codes[k, frame] : model.SpecialToken;
            }

            decoder.Step(step, all);
            for (var k = 0; k < books && t - k >= 0; k++)
            {
                rows.Add(all[(k * card)..((k + 1) * card)]);
            }
        }

        return [.. rows];
    }
}
