using System.Buffers.Binary;
using System.Text;
using AudioCraft.Tests.Codecs;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

/// <summary>Damaged, truncated and malicious .ecdc files.</summary>
[Collection(ProcessWideState.Name)]
public class HostileEcdcTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public HostileEcdcTests() => manual_seed(20261127);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static TheoryData<string, string> Files
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var name in OriginalEncodecFixture.Names)
            {
                foreach (var (file, _, _) in OriginalEncodecFixture.Files(name))
                {
                    data.Add(name, file);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_truncation_throws_AudioFormatException(string name, string file)
    {
        using var codec = new Reader(name);
        var bytes = codec.Bytes(file);
        for (var length = 0; length < bytes.Length; length++)
        {
            var watch = ProcessorTime.StartNew();
            Assert.Throws<AudioFormatException>(() => codec.Read(bytes[..length], oneWay: false));
            Assert.Throws<AudioFormatException>(() => codec.Read(bytes[..length], oneWay: true));
            Assert.True(watch.Elapsed < Patience, $"{length} bytes took {watch.Elapsed}");
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Flipped_bytes_give_audio_or_AudioFormatException(string name, string file)
    {
        using var codec = new Reader(name);
        var bytes = codec.Bytes(file);
        var random = new Random(20241122);
        var (errors, sounds) = (0, 0);
        for (var round = 0; round < 400; round++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            if (damaged.AsSpan().SequenceEqual(bytes))
            {
                continue;
            }

            try
            {
                codec.Read(damaged, oneWay: round % 2 == 1);
                sounds++;
            }
            catch (AudioFormatException)
            {
                errors++;
            }
        }

        Assert.True(errors > 20, $"{errors} errors, {sounds} sounds");
    }

    [Fact]
    public void Changed_byte_in_predicted_codes_is_detected()
    {
        // The final bits of decoder and encoder differ; a few changes cancel by chance.
        using var codec = new Reader("encodec_original_24k");
        var bytes = codec.Own();
        var start = 9 + BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(5));
        var passed = 0;
        for (var position = start; position < bytes.Length; position++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var damaged = (byte[])bytes.Clone();
                damaged[position] ^= (byte)(1 << bit);
                try
                {
                    codec.Read(damaged, oneWay: false);
                    passed++;
                }
                catch (AudioFormatException)
                {
                }
            }
        }

        Assert.True(passed <= 2, $"{passed} changes passed");
    }

    [Theory]
    [InlineData("""{"m": "encodec_24khz", "al": 1152921504606846976, "nc": 4, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 9223372036854775807, "nc": 8, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 9223372036854775807, "nc": 8, "lm": true}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 99999999999999999999999, "nc": 4, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 4000, "nc": 2147483647, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 4000, "nc": 9, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 4000, "nc": 0, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 0, "nc": 4, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": -5, "nc": 4, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 3203.0, "nc": 4, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": true, "nc": 4, "lm": false}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 3203, "nc": 4, "lm": 1}""")]
    [InlineData("""{"m": "encodec_24khz", "al": 3203, "nc": 4}""")]
    [InlineData("""{"m": null, "al": 3203, "nc": 4, "lm": false}""")]
    [InlineData("""{"m": "\ud800", "al": 3203, "nc": 4, "lm": false}""")]
    [InlineData("""{"m": "encodec_48khz", "al": 3203, "nc": 4, "lm": false}""")]
    [InlineData("""[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]""")]
    [InlineData("""[1]""")]
    [InlineData("")]
    [InlineData("{")]
    public void Invalid_headers_are_rejected_without_allocation(string header)
    {
        using var codec = new Reader("encodec_original_24k");
        byte[] file = [.. Prefix(Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. new byte[200]];
        codec.TryRead(file); // the first call allocates memory that is kept
        var watch = ProcessorTime.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<AudioFormatException>(() => codec.Read(file, oneWay: false));
        Assert.Throws<AudioFormatException>(() => codec.Read(file, oneWay: true));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20);
        Assert.True(watch.Elapsed < Patience);
    }

    [Fact]
    public void Header_with_other_magic_version_or_size_is_rejected()
    {
        using var codec = new Reader("encodec_original_24k");
        var bytes = codec.Bytes("bw1.8.ecdc");
        Assert.Contains("ECDC", Refusal(bytes, 0, (byte)'X'), StringComparison.Ordinal);
        Assert.Contains("version 3", Refusal(bytes, 4, 3), StringComparison.Ordinal);
        Assert.Contains("at most", Refusal(bytes, 5, 0xFF), StringComparison.Ordinal);

        string Refusal(byte[] original, int position, byte value)
        {
            var changed = (byte[])original.Clone();
            changed[position] = value;
            return Assert.Throws<AudioFormatException>(() => codec.Read(changed, oneWay: false)).Message;
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-1f)]
    public void Invalid_scale_is_rejected(float scale)
    {
        using var codec = new Reader("encodec_original_48k");
        var bytes = codec.Bytes("bw0.6.ecdc");
        BinaryPrimitives.WriteSingleBigEndian(bytes.AsSpan(9 + BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(5))), scale);
        Assert.Contains("scale", Assert.Throws<AudioFormatException>(() => codec.Read(bytes, oneWay: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_after_the_last_segment_are_detected()
    {
        using var codec = new Reader("encodec_original_24k");
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [.. codec.Bytes("bw1.8.ecdc"), 0]);
            Assert.Contains("1 bytes follow", Assert.Throws<AudioFormatException>(() => EcdcFile.Decompress(codec.Model, path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Prefix(int length)
    {
        byte[] prefix = [.. "ECDC"u8, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(5), length);
        return prefix;
    }

    private sealed class Reader : IDisposable
    {
        private readonly string name;
        private readonly EcdcOptions options;

        public Reader(string name)
        {
            this.name = name;
            Model = OriginalEncodecFixture.Load(name);
            options = new() { ModelName = OriginalEncodecFixture.ModelNameOf(name) };
            if (name == "encodec_original_24k")
            {
                options = options with { LanguageModel = OriginalEncodecFixture.LoadLanguageModel() };
            }
        }

        public EncodecModel Model { get; }

        public byte[] Bytes(string file) => File.ReadAllBytes(Golden.File(name, file));

        /// <summary>A file with the language model, written on this machine.</summary>
        public byte[] Own()
        {
            using var wav = rand([1, 1500], generator: new Generator(5)) - 0.5f;
            Model.SetNumCodebooks(4);
            return EcdcFile.CompressToArray(Model, wav, Model.SampleRate, options);
        }

        public void Read(byte[] bytes, bool oneWay)
        {
            using Stream stream = oneWay ? new OneWay(bytes) : new MemoryStream(bytes);
            using var wav = EcdcFile.Decompress(Model, stream, options).Wav;
            if (!wav.isfinite().all().item<bool>() || wav.numel() == 0)
            {
                throw new InvalidOperationException("Not an audio file.");
            }
        }

        public bool TryRead(byte[] bytes)
        {
            try
            {
                Read(bytes, oneWay: false);
                return true;
            }
            catch (AudioFormatException)
            {
                return false;
            }
        }

        public void Dispose()
        {
            Model.Dispose();
            options.LanguageModel?.Dispose();
        }
    }
}
