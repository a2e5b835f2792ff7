using AudioCraft.Checkpoints;
using AudioCraft.Formats;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs.EntropyCoding;

/// <summary>Entropy coding of .ecdc files compared with upstream's results in tests/golden/encodec_binary.</summary>
public class EntropyCodingTests
{
    private const string Case = "encodec_binary";

    public static TheoryData<int, int> Coders => new() { { 0, 24 }, { 1, 24 }, { 2, 24 }, { 3, 16 } };

    public static TheoryData<int> Packs => new(0, 1, 2, 3, 4);

    [Theory]
    [MemberData(nameof(Coders))]
    public void Quantized_probabilities_match_upstream_exactly(int run, int totalBits)
    {
        using var io = Golden.Tensors(Case);
        long[] expected = Longs(io, $"ac{run}/quantized_cdf");
        Assert.Equal(expected, Cdfs(io, run, totalBits).SelectMany(c => c));
    }

    [Theory]
    [MemberData(nameof(Coders))]
    public void Arithmetic_coder_matches_upstream_and_round_trips(int run, int totalBits)
    {
        using var io = Golden.Tensors(Case);
        var cdfs = Cdfs(io, run, totalBits);
        var symbols = Longs(io, $"ac{run}/symbols");
        var bytes = Encode(cdfs, symbols, totalBits);
        Assert.Equal(Bytes(io, $"ac{run}/bytes"), bytes);

        var decoder = new ArithmeticDecoder(SourceOf(bytes), totalBits);
        Assert.Equal(symbols, cdfs.Select(c => (long)decoder.Pull(c)));
        decoder.Finish();
    }

    [Theory]
    [MemberData(nameof(Packs))]
    public void Packed_numbers_match_upstream_and_round_trip(int run)
    {
        using var io = Golden.Tensors(Case);
        var values = Longs(io, $"pack{run}/values");
        var bits = (int)Longs(io, $"pack{run}/bits")[0];
        using var stream = new MemoryStream();
        var packer = new BitPacker(stream);
        foreach (var value in values)
        {
            packer.Push((uint)value, bits);
        }

        packer.Flush();
        Assert.Equal(Bytes(io, $"pack{run}/bytes"), stream.ToArray());

        var unpacker = new BitUnpacker(SourceOf(stream.ToArray()));
        Assert.Equal(values, values.Select(_ => (long)unpacker.Pull(bits)));
        unpacker.Finish();
    }

    [Fact]
    public void Symbols_of_random_distributions_round_trip()
    {
        var random = new Random(7);
        for (var round = 0; round < 40; round++)
        {
            var (count, steps) = (random.Next(1, 2000), random.Next(1, 200));
            var (cdfs, symbols) = (new List<long[]>(), new List<long>());
            for (var step = 0; step < steps; step++)
            {
                var sharp = Math.Pow(10, random.NextDouble() * 3 - 2);
                var weights = Enumerable.Range(0, count).Select(_ => Math.Exp(sharp * (random.NextDouble() * 20 - 10))).ToArray();
                var sum = weights.Sum();
                var cdf = new long[count];
                QuantizedCdf.Build([.. weights.Select(w => (float)(w / sum))], 24, cdf);
                cdfs.Add(cdf);
                symbols.Add(random.Next(count));
            }

            var bytes = Encode(cdfs, [.. symbols], 24);
            var decoder = new ArithmeticDecoder(SourceOf(bytes));
            Assert.Equal(symbols, cdfs.Select(c => (long)decoder.Pull(c)));
            decoder.Finish();
        }
    }

    [Fact]
    public void Certain_symbols_and_sums_slightly_above_one_round_trip()
    {
        float[][] distributions = [[1], [0, 1, 0], [1, 0], [0, 0, 0, 1], [0.5f, 0.50000006f], [0.33333334f, 0.33333334f, 0.33333334f]];
        foreach (var pdf in distributions)
        {
            var cdf = new long[pdf.Length];
            QuantizedCdf.Build(pdf, 24, cdf);
            var symbols = Enumerable.Range(0, 500).Select(i => (long)(i * 7 % pdf.Length)).ToArray();
            var cdfs = Enumerable.Repeat(cdf, symbols.Length).ToList();
            var bytes = Encode(cdfs, symbols, 24);
            var decoder = new ArithmeticDecoder(SourceOf(bytes));
            Assert.Equal(symbols, cdfs.Select(c => (long)decoder.Pull(c)));
            decoder.Finish();
        }
    }

    [Fact]
    public void Decoder_with_other_probabilities_detects_the_mismatch_at_the_end()
    {
        var random = new Random(11);
        var noticed = 0;
        const int Rounds = 300;
        for (var round = 0; round < Rounds; round++)
        {
            var pdf = Enumerable.Range(0, 64).Select(_ => (float)random.NextDouble()).ToArray();
            var sum = pdf.Sum();
            pdf = [.. pdf.Select(p => p / sum)];
            var cdf = new long[64];
            QuantizedCdf.Build(pdf, 24, cdf);
            var bytes = Encode(Enumerable.Repeat(cdf, 100).ToList(), [.. Enumerable.Range(0, 100).Select(_ => (long)random.Next(64))], 24);

            pdf[random.Next(64)] += 1e-5f;
            QuantizedCdf.Build(pdf, 24, cdf);
            try
            {
                var decoder = new ArithmeticDecoder(SourceOf(bytes));
                for (var i = 0; i < 100; i++)
                {
                    decoder.Pull(cdf);
                }

                decoder.Finish();
            }
            catch (AudioFormatException)
            {
                noticed++;
            }
        }

        Assert.Equal(Rounds, noticed);
    }

    [Fact]
    public void Invalid_probabilities_throw()
    {
        var cdf = new long[2];
        Assert.Throws<ArgumentException>(() => QuantizedCdf.Build([float.NaN, 0.5f], 24, cdf));
        Assert.Throws<ArgumentException>(() => QuantizedCdf.Build([-0.1f, 0.5f], 24, cdf));
        Assert.Throws<ArgumentException>(() => QuantizedCdf.Build([1.5f, 0.5f], 24, cdf));
        Assert.Throws<ArgumentException>(() => QuantizedCdf.Build([0.5f, 0.5f], 1, cdf));
        Assert.Throws<ArgumentOutOfRangeException>(() => QuantizedCdf.Build([0.5f, 0.5f], 31, cdf));
    }

    [Fact]
    public void Unpacker_reads_only_needed_bytes()
    {
        using var stream = new MemoryStream([0b0110_0101, 0xFF]);
        var unpacker = new BitUnpacker(new ByteSource(stream, "test"));
        Assert.Equal(5u, unpacker.Pull(3));
        Assert.Equal(12u, unpacker.Pull(5));
        Assert.Equal(1, stream.Position);
        Assert.Equal(1u, unpacker.Pull(1));
        Assert.Contains("zero", Assert.Throws<AudioFormatException>(unpacker.Finish).Message, StringComparison.Ordinal);
    }

    private static byte[] Encode(List<long[]> cdfs, long[] symbols, int totalBits)
    {
        using var stream = new MemoryStream();
        var encoder = new ArithmeticEncoder(stream, totalBits);
        for (var i = 0; i < symbols.Length; i++)
        {
            encoder.Push((int)symbols[i], cdfs[i]);
        }

        encoder.Flush();
        return stream.ToArray();
    }

    private static List<long[]> Cdfs(TensorArchive io, int run, int totalBits)
    {
        using var pdf = io.Read($"ac{run}/pdf");
        return
        [
            .. Enumerable.Range(0, (int)pdf.size(0)).Select(step =>
            {
                using var row = pdf[step];
                var cdf = new long[row.size(0)];
                QuantizedCdf.Build(row.data<float>().ToArray(), totalBits, cdf);
                return cdf;
            }),
        ];
    }

    private static ByteSource SourceOf(byte[] bytes) => new(new MemoryStream(bytes), "test");

    private static long[] Longs(TensorArchive io, string name)
    {
        using var tensor = io.Read(name);
        return tensor.data<long>().ToArray();
    }

    private static byte[] Bytes(TensorArchive io, string name)
    {
        using var tensor = io.Read(name);
        return tensor.data<byte>().ToArray();
    }
}
