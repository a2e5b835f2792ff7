using System.Diagnostics;
using AudioCraft.Benchmarks;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.GpuCheck;

/// <summary>Steps per second of language models of the released shapes compared with PyTorch, real-time factors of codecs, and memory, with random weights, one item and guidance.</summary>
internal sealed class Speed(Device device, bool isQuick, Report report)
{
    private const int Steps = 100;
    private const int Runs = 3;

    private bool IsCuda => device.type == DeviceType.CUDA;

    public void Run()
    {
        var hasPeer = Peer.IsInstalled();
        report.Table($"Language models, {Steps} steps, one item with guidance", "shape", "type", "ours, steps/s", "PyTorch, steps/s", "ratio", "memory in use, MiB");
        (string Name, LMConfig Config)[] shapes = isQuick
            ? [("tiny", new LMConfig { Dim = 64, NumHeads = 4, NumLayers = 2 })]
            : [("musicgen-small", LMRows.MusicGenSmall), ("audiogen-medium", LMRows.AudioGenMedium)];
        foreach (var (name, config) in shapes)
        {
            foreach (var type in IsCuda ? (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16] : [ScalarType.Float32, ScalarType.BFloat16])
            {
                report.Measure($"{name} | {type}", () => LanguageModel(name, config, type, hasPeer));
            }
        }

        report.Table("Codecs, float32", "codec", "encoding, × real time", "decoding, × real time", "memory in use, MiB");
        if (!isQuick)
        {
            report.Measure("audiogen-16k", () => Codec(new EncodecModel(CodecRows.AudioGen16k), 10));
            report.Measure("encodec-24k", () => Codec(new EncodecModel(CodecRows.Encodec24k), 10));
            report.Measure("dac-44k", () => Codec(DacRows.Model(), 2));
        }
        else
        {
            report.Measure("tiny", () => Codec(new EncodecModel(CodecRows.AudioGen16k with { Encoder = CodecRows.AudioGen16k.Encoder with { Filters = 4 } }), 1));
        }
    }

    private FormattableString LanguageModel(string name, LMConfig config, ScalarType type, bool hasPeer)
    {
        var (ours, memory) = Ours(config, type);
        if (!hasPeer)
        {
            return $"{ours:F1} | not installed | | {memory}";
        }

        using var peer = Peer.Start("lm.py", $"{name}-100", get_num_threads(), "--device", IsCuda ? "cuda" : "cpu", "--dtype", type switch { ScalarType.BFloat16 => "bfloat16", ScalarType.Float16 => "float16", _ => "float32" });
        peer.Run(cpuTime: false);
        var theirs = Steps / Median(() => peer.Run(cpuTime: false));
        return $"{ours:F1} | {theirs:F1} | {ours / theirs:F2} | {memory}";
    }

    private (double StepsPerSecond, long Memory) Ours(LMConfig config, ScalarType type)
    {
        using var guard = no_grad();
        LMModel model;
        using (new DeferredInitialization())
        {
            model = new LMModel(config);
        }

        using (model)
        {
            if (type != ScalarType.Float32)
            {
                model.ConvertTo(type);
            }

            model.to(device);
            model.eval();
            foreach (var weight in model.parameters())
            {
                weight.normal_(0, 0.02);
            }

            using var work = LMRows.Generation(model, Steps, batch: 1, out _);
            work.Run();
            var speed = Steps / Median(() => Time(work.Run));
            return (speed, MemoryInUse());
        }
    }

    private FormattableString Codec(CompressionModel model, double seconds)
    {
        using (model)
        {
            using var guard = no_grad();
            model.to(device);
            model.eval();
            using var sound = randn(1, model.Channels, (long)(seconds * model.SampleRate), device: device);
            var (codes, scale) = model.Encode(sound);
            using (codes)
            using (scale)
            {
                model.Decode(codes, scale).Dispose();
                var encoding = Median(() => Time(() =>
                {
                    var (again, level) = model.Encode(sound);
                    again.Dispose();
                    level?.Dispose();
                }));
                var decoding = Median(() => Time(() => model.Decode(codes, scale).Dispose()));
                return $"{seconds / encoding:F1} | {seconds / decoding:F1} | {MemoryInUse()}";
            }
        }
    }

    private double Time(Action run)
    {
        Synchronize();
        var watch = Stopwatch.StartNew();
        run();
        Synchronize();
        return watch.Elapsed.TotalSeconds;
    }

    private void Synchronize()
    {
        if (IsCuda)
        {
            cuda.synchronize();
        }
    }

    private static double Median(Func<double> measure) => Enumerable.Range(0, Runs).Select(_ => measure()).Order().ElementAt(Runs / 2);

    /// <summary>Memory in MiB: of the whole GPU, including libtorch's cache, or of this process on a CPU.</summary>
    private long MemoryInUse()
    {
        if (!IsCuda)
        {
            return Machine.Memory("VmRSS") >> 20;
        }

        using var process = Process.Start(new ProcessStartInfo("nvidia-smi", ["--query-gpu=memory.used", "--format=csv,noheader,nounits"]) { RedirectStandardOutput = true })!;
        var line = process.StandardOutput.ReadLine();
        process.WaitForExit();
        return long.Parse(line!.Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
