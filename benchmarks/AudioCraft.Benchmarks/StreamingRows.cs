using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks;

/// <summary>Streaming codecs: packets of 20 ms, and long audio in bounded memory.</summary>
internal static class StreamingRows
{
    private const double Seconds = 5;
    private const int PacketsPerSecond = 50;

    public static IEnumerable<Row> All =>
    [
        new("encodec-24k-stream-encode", "packets of 20 ms a second", null, _ => Prepare(encode: true)),
        new("encodec-24k-stream-decode", "packets of 20 ms a second", null, _ => Prepare(encode: false)),
    ];

    /// <summary>Prints the latency and time of single packets with EnCodec 24 kHz and DAC 44.1 kHz, in elapsed time or processor time.</summary>
    public static void PrintPackets(int threads, bool cpuTime)
    {
        set_num_threads(threads);
        using var encodec = Model();
        PrintPackets(encodec, "EnCodec 24 kHz", seconds: 10, cpuTime);
        using var dac = DacRows.Model();
        PrintPackets(dac, "DAC 44.1 kHz", seconds: 3, cpuTime); // takes several times as long
    }

    private static void PrintPackets(CompressionModel model, string name, int seconds, bool cpuTime)
    {
        TimeSpan Now() => cpuTime ? Environment.CpuUsage.TotalTime : Stopwatch.GetElapsedTime(0);
        using var encoder = model.CreateStreamingEncoder();
        using var decoder = model.CreateStreamingDecoder();
        using var packet = randn(1, 1, model.SampleRate / PacketsPerSecond);
        List<double> encode = [], decode = [];
        for (var i = 0; i < seconds * PacketsPerSecond; i++)
        {
            var start = Now();
            using var codes = encoder.Push(packet);
            encode.Add((Now() - start).TotalMilliseconds);
            if (codes is not null)
            {
                start = Now();
                decoder.Push(codes)?.Dispose();
                decode.Add((Now() - start).TotalMilliseconds);
            }
        }

        double Milliseconds(int samples) => 1000.0 * samples / model.SampleRate;
        Console.WriteLine($"{name} in packets of 20 ms, {get_num_threads()} thread(s){(cpuTime ? ", processor time" : "")}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"encoder: latency {Milliseconds(encoder.LatencySamples):0.0} ms (the first frame {Milliseconds(encoder.StartupSamples):0.0} ms); decoder: {decoder.LookAheadFrames} frames (the first samples after {decoder.StartupFrames} frames)"));
        Console.WriteLine($"time per packet, encoding: {Distribution(encode)}");
        Console.WriteLine($"time per packet, decoding: {Distribution(decode)}");
    }

    /// <summary>Encodes and decodes long audio in chunks. Prints the time, the peak memory in addition to the weights, and the difference of the first minute from unchunked coding.</summary>
    public static void PrintLong(double minutes, int threads)
    {
        set_num_threads(threads);
        using var model = Model();
        var weights = Machine.Memory("VmRSS");
        var (first, _) = CodeLong(model, 5); // the first use loads pages of libtorch
        first.ForEach(t => t.Dispose());
        File.WriteAllText("/proc/self/clear_refs", "5"); // resets the peak
        var clock = Stopwatch.StartNew();
        var (kept, samples) = CodeLong(model, minutes * 60);
        var seconds = clock.Elapsed.TotalSeconds;
        var peak = Machine.Memory("VmHWM");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{minutes:0.#} minutes through EnCodec 24 kHz and back, {threads} thread(s): {samples} samples in {seconds:0} s = {minutes * 60 / seconds:0.0} × real time, peak memory {peak / 1e6:0} MB, {(peak - weights) / 1e6:0} MB above the weights with the pages of libtorch that come with first use"));

        using var scope = NewDisposeScope();
        var minute = (long)(Math.Min(1, minutes) * 60 * model.SampleRate) / model.HopLength * model.HopLength;
        var sound = cat(Pieces(model, minute / (double)model.SampleRate).Select(p => p.clone()).ToList(), 2);
        var codes = model.Encode(sound).Codes;
        var streamed = cat([.. model.EncodeStream([sound])], 2);
        var differing = codes.ne(streamed).sum().item<long>();
        var whole = model.Decode(streamed);
        var pieces = cat(kept, 2).narrow(2, 0, minute);
        var apart = (whole - pieces).abs().max().item<float>() / whole.abs().max().item<float>();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"first minute in one piece: {differing} of {codes.numel()} codes differ; the same codes decoded: {apart:0.0e+0} of the largest sample apart"));
    }

    private static Workload Prepare(bool encode)
    {
        var model = Model();
        var sound = randn(1, 1, (long)(Seconds * model.SampleRate));
        var codes = model.Encode(sound).Codes;
        return new(
            Seconds * PacketsPerSecond,
            () =>
            {
                using StreamingEncoder encoder = model.CreateStreamingEncoder();
                using StreamingDecoder decoder = model.CreateStreamingDecoder();
                var (input, push, packets) = encode ? (sound, (Func<Tensor, Tensor?>)encoder.Push, (long)(Seconds * PacketsPerSecond)) : (codes, decoder.Push, codes.size(2));
                for (var i = 0L; i < packets; i++)
                {
                    var start = input.size(2) * i / packets;
                    using var packet = input.narrow(2, start, (input.size(2) * (i + 1) / packets) - start);
                    push(packet)?.Dispose();
                }
            },
            () =>
            {
                sound.Dispose();
                codes.Dispose();
                model.Dispose();
            });
    }

    private static EncodecModel Model()
    {
        random.manual_seed(1);
        var model = new EncodecModel(CodecRows.Encodec24k);
        model.eval();
        return model;
    }

    /// <summary>The chunks of the first minute, and the total number of samples.</summary>
    private static (List<Tensor> FirstMinute, long Samples) CodeLong(EncodecModel model, double seconds)
    {
        List<Tensor> kept = [];
        var samples = 0L;
        foreach (var piece in model.DecodeStream(model.EncodeStream(Pieces(model, seconds)), disposePieces: true))
        {
            var length = piece.size(2);
            if (samples < 60L * model.SampleRate)
            {
                kept.Add(piece);
            }
            else
            {
                piece.Dispose();
            }

            samples += length;
        }

        return (kept, samples);
    }

    /// <summary>Noise with varying volume in chunks, the same in each enumeration.</summary>
    private static IEnumerable<Tensor> Pieces(EncodecModel model, double seconds)
    {
        using var generator = new Generator(5);
        var left = (long)(seconds * model.SampleRate);
        for (var i = 0; left > 0; i++)
        {
            using var noise = randn([1, 1, Math.Min(left, 2L * model.SampleRate)], generator: generator);
            using var piece = noise * (float)(0.3 + (0.25 * Math.Sin(i)));
            left -= piece.size(2);
            yield return piece;
        }
    }

    private static string Distribution(List<double> milliseconds)
    {
        milliseconds.Sort();
        string At(double share) => milliseconds[(int)(share * (milliseconds.Count - 1))].ToString("0.00", CultureInfo.InvariantCulture);
        return $"mean {milliseconds.Average().ToString("0.00", CultureInfo.InvariantCulture)} ms, median {At(0.5)} ms, 95 % below {At(0.95)} ms, most {At(1)} ms";
    }
}
