using System.IO.Compression;
using AudioCraft.Checkpoints;
using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Peak memory while weights are loaded. Two tensors of 96 MB: reading one of them whole before converting it would exceed the limit.</summary>
[Collection(ProcessWideState.Name)]
public class LoadingMemoryTests(ITestOutputHelper output)
{
    private const int Rows = 24 << 10, Columns = 1 << 10;
    private const long WeightBytes = 2L * Rows * Columns * sizeof(float);

    [LinuxTheory]
    [InlineData("half.pt")]
    [InlineData("float.pt")]
    [InlineData("half.safetensors")]
    [InlineData("float.safetensors")]
    public void Peak_memory_of_loading_is_at_most_1_2_times_the_weights(string kind)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File(kind);
        Write(path, Rows);

        // Loads libtorch's own pages before the measurement.
        var small = folder.File("small-" + kind);
        Write(small, 4);
        _ = LoadAndSum(small, 4, () => { });

        var before = ResidentMemory.ResetPeak();
        long peak = 0, held = 0;
        var sum = LoadAndSum(path, Rows, () => (peak, held) = (ResidentMemory.Peak - before, ResidentMemory.Current - before));
        output.WriteLine($"{kind}: weights {WeightBytes >> 20} MB, held {held >> 20} MB, peak {peak >> 20} MB");
        Assert.Equal(2.0 * Rows * Columns, sum, 1.0);
        Assert.InRange(held, 0.95 * WeightBytes, 1.2 * WeightBytes);
        Assert.InRange(peak, 0.95 * WeightBytes, 1.2 * WeightBytes);
    }

    private static double LoadAndSum(string path, int rows, Action whileLoaded)
    {
        TwoTensors module;
        using (new DeferredInitialization())
        {
            module = new TwoTensors(rows);
        }

        using (module)
        using (TensorArchive archive = path.EndsWith(".pt", StringComparison.Ordinal) ? TorchFile.Open(path) : SafetensorsFile.Open(path))
        {
            WeightLoader.Load(module, archive);
            using var first = module.a.sum(); // reads every page, including mapped ones
            using var second = module.b.sum();
            whileLoaded();
            return first.item<float>() + (double)second.item<float>();
        }
    }

    private static void Write(string path, int rows)
    {
        var element = Path.GetFileName(path).Contains("half", StringComparison.Ordinal) ? 2 : 4;
        if (path.EndsWith(".pt", StringComparison.Ordinal))
        {
            WriteTorchZip(path, element, rows);
        }
        else
        {
            WriteSafetensors(path, element, rows);
        }
    }

    private static void WriteOnes(Stream stream, int element, int rows)
    {
        var one = element == 2 ? BitConverter.GetBytes((Half)1) : BitConverter.GetBytes(1f);
        var row = Enumerable.Repeat(one, Columns).SelectMany(b => b).ToArray();
        for (var r = 0; r < rows; r++)
        {
            stream.Write(row);
        }
    }

    private static void WriteSafetensors(string path, int element, int rows)
    {
        long size = (long)rows * Columns * element;
        var type = element == 2 ? "F16" : "F32";
        var header = $"{{\"a\":{{\"dtype\":\"{type}\",\"shape\":[{rows},{Columns}],\"data_offsets\":[0,{size}]}},"
            + $"\"b\":{{\"dtype\":\"{type}\",\"shape\":[{rows},{Columns}],\"data_offsets\":[{size},{2 * size}]}}}}";
        using var file = File.Create(path);
        file.Write(Safetensors.Build(header.PadRight((header.Length + 7) / 8 * 8)));
        WriteOnes(file, element, rows);
        WriteOnes(file, element, rows);
    }

    private static void WriteTorchZip(string path, int element, int rows)
    {
        var storage = element == 2 ? "HalfStorage" : "FloatStorage";
        Action<PickleWriter> Reference(string key) => PickleWriter.Tensor(storage, key, rows * Columns, 0, [rows, Columns], [Columns, 1]);
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        using (var entry = zip.CreateEntry("archive/data.pkl", CompressionLevel.NoCompression).Open())
        {
            entry.Write(new PickleWriter().Dictionary(("a", Reference("0")), ("b", Reference("1"))));
        }

        foreach (var key in new[] { "0", "1" })
        {
            using var entry = zip.CreateEntry($"archive/data/{key}", CompressionLevel.NoCompression).Open();
            WriteOnes(entry, element, rows);
        }
    }

    private sealed class TwoTensors : nn.Module<Tensor, Tensor>
    {
        public readonly Parameter a;
        public readonly Parameter b;

        public TwoTensors(int rows) : base(nameof(TwoTensors))
        {
            a = ParameterFactory.Constant(0, rows, Columns);
            b = ParameterFactory.Constant(0, rows, Columns);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => input.matmul(a);
    }
}
