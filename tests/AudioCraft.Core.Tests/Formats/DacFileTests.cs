using System.Diagnostics;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

[Collection(ProcessWideState.Name)]
public class DacFileTests
{
    private const string Case = "dac_compress";

    public static TheoryData<string> Files => [.. Directory.GetFiles(Golden.Directory(Case), "*.dac").Select(f => Path.GetFileNameWithoutExtension(f)!).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Upstream_file_round_trips_byte_for_byte(string name)
    {
        var path = Golden.File(Case, name + ".dac");
        var file = DacFile.Read(path);
        using var io = Golden.Tensors(Case);
        using var expected = io.Read($"{name}/codes");
        using var codes = file.GetCodes();
        Exactly.Equal(expected, codes);
        using var loudness = io.Read($"{name}/input_db");
        Assert.Equal(loudness.item<float>(), Assert.Single(file.InputLoudness));
        using var json = Golden.Config(Case);
        var facts = json.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        Assert.Equal(
            (facts.GetProperty("chunk_length").GetInt32(), facts.GetProperty("original_length").GetInt64(), facts.GetProperty("sample_rate").GetInt32(), facts.GetProperty("channels").GetInt32(), facts.GetProperty("padding").GetBoolean()),
            (file.ChunkLength, file.OriginalLength, file.SampleRate, file.Channels, file.Padded));
        using var written = new MemoryStream();
        file.Write(written);
        Assert.Equal(File.ReadAllBytes(path), written.ToArray());
    }

    [Fact]
    public void Integers_of_every_size_round_trip()
    {
        using var codes = tensor(new long[] { 0, 65535, 1, 2, 300, 4 }, [2, 1, 3]);
        var file = new DacFile(codes, 2, 1_000_000, 1L << 40, 70000, false, [-20.5f]);
        using var stream = new MemoryStream();
        file.Write(stream);
        stream.Position = 0;
        var read = DacFile.Read(stream);
        using var again = read.GetCodes();
        Exactly.Equal(codes, again);
        Assert.Equal((1L << 40, 1_000_000, 70000, 2, false), (read.OriginalLength, read.SampleRate, read.ChunkLength, read.Channels, read.Padded));
        foreach (var length in new[] { 127L, 128, 255, 256, 32768, 65535, 65536, int.MaxValue, 1L + int.MaxValue, (1L << 39) - 1, 1L << 39 })
        {
            using var short1 = new MemoryStream();
            new DacFile(codes, 2, 44100, length, 3, true, [-20.5f]).Write(short1);
            short1.Position = 0;
            Assert.Equal(length, DacFile.Read(short1).OriginalLength);
        }
    }

    [Fact]
    public void File_can_be_read_and_written_by_path()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("deep/inside.dac");
        DacFile.Read(Golden.File(Case, "short.dac")).Write(path);
        Assert.Equal(File.ReadAllBytes(Golden.File(Case, "short.dac")), File.ReadAllBytes(path));
        Assert.Contains("nothing.dac", Assert.Throws<AudioFormatException>(() => DacFile.Read(folder.File("nothing.dac"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_truncation_is_rejected(string name)
    {
        var good = File.ReadAllBytes(Golden.File(Case, name + ".dac"));
        for (var length = 0; length < good.Length; length++)
        {
            var watch = ProcessorTime.StartNew();
            Assert.Throws<AudioFormatException>(() => DacFile.Read(new MemoryStream(good, 0, length)));
            Assert.InRange(watch.Elapsed.TotalMilliseconds, 0, 1000);
        }
    }

    [Fact]
    public void Damaged_file_throws_AudioFormatException_or_is_read()
    {
        var good = File.ReadAllBytes(Golden.File(Case, "chunked_stereo_resample.dac"));
        var random = new Random(11);
        var refused = 0;
        LiveTensors.NoneLeft(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                var bad = (byte[])good.Clone();
                for (var n = random.Next(1, 5); n > 0; n--)
                {
                    // Most of the file is codes: the other bytes are damaged more often.
                    var place = random.Next(2) == 0 ? random.Next(bad.Length) : random.Next(2) == 0 ? random.Next(400) : bad.Length - 1 - random.Next(300);
                    bad[place] = random.Next(3) switch { 0 => 0, 1 => 255, _ => (byte)random.Next(256) };
                }

                try
                {
                    DacFile.Read(new MemoryStream(bad)).GetCodes().Dispose();
                }
                catch (AudioFormatException)
                {
                    refused++;
                }
            }
        });
        Assert.InRange(refused, 500, 5000);
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("numpy.core.multiarray", "fromfile")]
    [InlineData("numpy", "load")]
    [InlineData("_codecs", "encode")]
    public void Pickle_with_other_globals_is_rejected_and_not_run(string module, string name)
    {
        var message = Assert.Throws<AudioFormatException>(() => Read(new PickleWriter().Global(module, name).Op('(').Value("touch /tmp/x").Op('t').Op('R').Stop())).Message;
        Assert.Contains($"{module}.{name}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arrays_with_false_sizes_are_rejected()
    {
        foreach (var (shape, type, data) in new (long[], string, byte[])[]
        {
            ([1, 1, 1L << 40], "u2", new byte[2]),
            ([1 << 20, 1 << 20, 1 << 20], "u2", new byte[2]),
            ([1, 1, 2], "u2", new byte[2]),
            ([1, 1, -1], "u2", []),
            ([1, 1, 1], "u2", []),
            ([0, 1, 1], "u2", []),
            ([1, 1, 1], "V2", new byte[2]),
            ([1, 1, 1], "O8", new byte[8]),
        })
        {
            Assert.Throws<AudioFormatException>(() => Read(Pickle(shape, type, data)));
        }

        Assert.Equal(1, Read(Pickle([1, 1, 1], "u2", [7, 0])).Frames);
        Assert.Throws<AudioFormatException>(() => Read(Pickle([1, 1, 1], "i8", [255, 255, 255, 255, 255, 255, 255, 255])));
    }

    [Theory]
    [InlineData("channels", 3)]
    [InlineData("channels", 0)]
    [InlineData("channels", null)]
    [InlineData("sample_rate", 0)]
    [InlineData("sample_rate", 2000000)]
    [InlineData("sample_rate", "44100")]
    [InlineData("original_length", 0)]
    [InlineData("original_length", -5)]
    [InlineData("original_length", long.MaxValue)]
    [InlineData("chunk_length", 0)]
    [InlineData("chunk_length", long.MaxValue)]
    [InlineData("padding", 1)]
    [InlineData("dac_version", "2.0.0")]
    [InlineData("dac_version", null)]
    [InlineData("input_db", "loud")]
    public void Invalid_metadata_is_rejected(string key, object? value)
    {
        var pickle = Pickle([1, 1, 1], "u2", [7, 0], key, value is int number ? (long)number : value);
        Assert.Throws<AudioFormatException>(() => Read(pickle));
    }

    [Fact]
    public void Other_npy_files_are_rejected()
    {
        foreach (var bytes in new[] { "RIFF"u8.ToArray(), [], [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, 255, 255, 1, 2] })
        {
            Assert.Throws<AudioFormatException>(() => DacFile.Read(new MemoryStream(bytes)));
        }

        var good = File.ReadAllBytes(Golden.File(Case, "short.dac"));
        Assert.Throws<AudioFormatException>(() => DacFile.Read(new MemoryStream([.. good[..6], 9, .. good[7..]])));
        Assert.Throws<ArgumentNullException>(() => new DacFile(null!, 1, 1, 1, 1, true, [0]));
        using var codes = tensor(new long[] { 1 }, [1, 1, 1]);
        using var large = tensor(new long[] { 65536 }, [1, 1, 1]);
        Assert.Throws<ArgumentException>(() => new DacFile(large, 1, 44100, 1, 1, true, [0]));
        Assert.Throws<ArgumentException>(() => new DacFile(codes, 2, 44100, 1, 1, true, [0]));
        Assert.Throws<ArgumentException>(() => new DacFile(codes, 1, 0, 1, 1, true, [0]));
        Assert.Throws<ArgumentException>(() => new DacFile(codes, 1, 44100, 1, 1, true, [float.NaN]));
        Assert.Throws<ArgumentException>(() => new DacFile(codes, 1, 44100, 1, 1, true, []));
    }

    private static DacFile Read(byte[] pickle)
    {
        var header = File.ReadAllBytes(Golden.File(Case, "short.dac"))[..128];
        return DacFile.Read(new MemoryStream([.. header, .. pickle]));
    }

    private static byte[] Pickle(long[] shape, string type, byte[] data, string? key = null, object? value = null)
    {
        var writer = new PickleWriter();
        Action<PickleWriter> Array(string element, long[] sizes, Action<PickleWriter> elements) => p => p
            .Global("numpy.core.multiarray", "_reconstruct").Op('(').Global("numpy", "ndarray").Value(new long[] { 0 }).Raw((byte)'C', 1, (byte)'b').Op('t').Op('R')
            .Op('(').Value(1).Value(sizes)
            .Global("numpy", "dtype").Op('(').Value(element).Value(false).Value(true).Op('t').Op('R').Op('(').Value(3).Value("<").Op('t').Op('b')
            .Value(false).Value(elements).Op('t').Op('b');
        Action<PickleWriter> Bytes(byte[] bytes) => p => p.Raw([(byte)'C', (byte)bytes.Length, .. bytes]);
        Action<PickleWriter> Dictionary(Dictionary<string, object?> items) => p =>
        {
            p.Op('}').Op('(');
            foreach (var (name, item) in items)
            {
                p.Value(name).Value(item);
            }

            p.Op('u');
        };
        var metadata = new Dictionary<string, object?>
        {
            ["input_db"] = Array("f4", [1], Bytes(BitConverter.GetBytes(-20f))),
            ["original_length"] = 10L,
            ["sample_rate"] = 44100L,
            ["chunk_length"] = 1L,
            ["channels"] = 1L,
            ["padding"] = true,
            ["dac_version"] = "1.0.0",
        };
        if (key is not null)
        {
            metadata[key] = value;
        }

        var root = Dictionary(new Dictionary<string, object?> { ["codes"] = Array(type, shape, Bytes(data)), ["metadata"] = Dictionary(metadata) });
        return writer.Value(Array("O8", [], p => p.Raw((byte)']').Value(root).Op('a'))).Stop();
    }
}
