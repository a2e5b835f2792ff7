using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;
using AudioCraft.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>
/// Compares the speed of decoding with the limit of the memory bandwidth: a step reads every weight once, so with n bytes per second at most
/// n / (bytes of the weights) steps per second are possible. The bandwidth is measured in the same run, between the models, because it depends on the load of the machine.
/// A step includes everything from one sampled token to the next. The time before the first step (text encoding, allocation of the cache) is a separate column.
/// </summary>
internal static unsafe class DecodeTable
{
    private const int Steps = 32;

    /// <param name="threads">Threads.</param>
    /// <param name="repeats">Runs per row. The table contains medians.</param>
    /// <param name="names">Parts of the names of the rows to measure, such as <c>small Int8</c>; empty for all.</param>
    public static void Print(int threads, int repeats, string[] names)
    {
        set_num_threads(threads);
        Console.WriteLine("| shape | weights | GB per step | memory reads, GB/s | limit, steps/s | steps/s | fraction of the limit | relative to float32 | before the first step, ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var (name, config) in new[] { ("musicgen-small", LMRows.MusicGenSmall), ("audiogen-medium", LMRows.AudioGenMedium) })
        {
            var float32 = 0.0;
            foreach (var precision in (ModelPrecision[])[ModelPrecision.Float32, ModelPrecision.BFloat16, ModelPrecision.Int8])
            {
                if (names.Length > 0 && !names.Any(n => $"{name} {precision}".Contains(n, StringComparison.OrdinalIgnoreCase)))
                {
                    continue;
                }

                var row = Measure(config, precision, threads, repeats);
                float32 = precision == ModelPrecision.Float32 ? row.StepsPerSecond : float32;
                var limit = row.Bandwidth / row.Bytes;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {precision} | {row.Bytes / 1e9:F2} | {row.Bandwidth / 1e9:F1} | {limit:F1} | {row.StepsPerSecond:F1} | {row.StepsPerSecond / limit:P0} | {row.StepsPerSecond / float32:F2} | {row.Before * 1000:F0} |"));
            }
        }
    }

    private static (long Bytes, double Bandwidth, double StepsPerSecond, double Before) Measure(LMConfig config, ModelPrecision precision, int threads, int repeats)
    {
        random.manual_seed(1);
        using var model = new LMModel(config);
        model.eval();
        if (precision != ModelPrecision.Float32)
        {
            foreach (var matrix in model.Matrices.Values)
            {
                matrix.Pack(precision);
            }
        }

        var bytes = model.Matrices.Sum(pair => pair.Value.Matrix!.Bytes) - UnusedBytes(model);
        using var work = LMRows.Generation(model, Steps, batch: 1, out var watch);
        var times = new List<long>();
        watch(() => times.Add(Stopwatch.GetTimestamp()));
        work.Run();
        var (bandwidths, speeds, before) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < repeats; i++)
        {
            bandwidths.Add(Bandwidth(threads));
            times.Clear();
            var start = Stopwatch.GetTimestamp();
            work.Run();
            var step = Stopwatch.GetElapsedTime(times[0], times[^1]).TotalSeconds / (times.Count - 1);
            speeds.Add(1 / step);
            before.Add(Stopwatch.GetElapsedTime(start, times[0]).TotalSeconds - step);
        }

        return (bytes, Median(bandwidths), Median(speeds), Median(before));
    }

    // A step uses only the query third of a cross-attention's projections; keys and values of the text are computed once.
    private static long UnusedBytes(LMModel model) => model.Matrices
        .Where(pair => pair.Key.EndsWith("cross_attention.in_proj_weight", StringComparison.Ordinal))
        .Sum(pair => pair.Value.Matrix!.Bytes * 2 / 3);

    /// <summary>The bytes per second that all threads together read from memory that does not fit into any cache.</summary>
    private static double Bandwidth(int threads)
    {
        const long bytes = 1L << 30;
        using var memory = HugePages.Empty([int.MaxValue / 4 / sizeof(float)], ScalarType.Float32);
        memory.fill_(1);
        var data = TensorMemory.Float32(memory);
        var count = memory.numel();
        var best = 0.0;
        for (var i = 0; i < 5; i++)
        {
            var watch = Stopwatch.StartNew();
            for (var read = 0L; read < bytes; read += count * sizeof(float))
            {
                ThreadTeam.Shared.Run(threads, (part, parts) => Read(data + (count * part / parts), count / parts));
            }

            best = Math.Max(best, ((bytes + (count * sizeof(float)) - 1) / (count * sizeof(float)) * count * sizeof(float)) / watch.Elapsed.TotalSeconds);
        }

        return best;
    }

    private static void Read(float* data, long count)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        for (var i = 0L; i + 64 <= count; i += 64)
        {
            a += Vector512.Load(data + i);
            b += Vector512.Load(data + i + 16);
            c += Vector512.Load(data + i + 32);
            d += Vector512.Load(data + i + 48);
        }

        // The result must be used; otherwise the compiler removes the reads.
        Volatile.Write(ref sink, Vector512.Sum((a + b) + (c + d)));
    }

    private static float sink;

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
