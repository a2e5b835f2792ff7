using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Codecs;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

[Collection(ProcessWideState.Name)]
public class DacCompressorTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public DacCompressorTests() => manual_seed(20261127);

    private const string Case = "dac_compress";

    /// <summary>Each case with the recorded weights and renamed to the Hugging Face layout.</summary>
    public static TheoryData<string, string> Cases
    {
        get
        {
            using var json = Golden.Config(Case);
            var data = new TheoryData<string, string>();
            foreach (var name in json.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("name").GetString()!))
            {
                data.Add(name, "weights");
                data.Add(name, "hub");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Dac_compress_and_decompress_match_upstream(string name, string form)
    {
        using var folder = new TemporaryFolder();
        using var model = GoldenDac.Load(Case, form, folder);
        using var json = Golden.Config(Case);
        var facts = json.RootElement.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        using var io = Golden.Tensors(Case);
        using var scope = NewDisposeScope();
        var codec = new DacCompressor(model);
        var x = io.Read($"{name}/x");
        var options = new DacCompressOptions
        {
            WindowSeconds = facts.GetProperty("win_duration") is { ValueKind: System.Text.Json.JsonValueKind.Number } seconds ? seconds.GetDouble() : null,
            Codebooks = facts.GetProperty("n_quantizers") is { ValueKind: System.Text.Json.JsonValueKind.Number } count ? count.GetInt32() : null,
        };
        var file = codec.Compress(x, facts.GetProperty("sample_rate").GetInt32(), options);
        Exactly.Equal(io.Read($"{name}/codes"), file.GetCodes());
        var loudness = io.Read($"{name}/input_db").item<float>();
        Assert.InRange(file.InputLoudness[0], loudness - 1e-4, loudness + 1e-4);
        var recorded = DacFile.Read(Golden.File(Case, name + ".dac"));
        Assert.Equal(
            (recorded.ChunkLength, recorded.OriginalLength, recorded.SampleRate, recorded.Channels, recorded.Padded),
            (file.ChunkLength, file.OriginalLength, file.SampleRate, file.Channels, file.Padded));
        var expected = io.Read($"{name}/decompressed");
        Near.Equal(expected, AtLevelsOf(expected, codec.Decompress(recorded)), 2e-5);
        Near.Equal(expected, AtLevelsOf(expected, codec.Decompress(file)), 5e-5);
    }

    /// <summary>Upstream gives each channel its own gain, which <see cref="DacCompressor.Decompress"/> does not: several channels are compared up to their level.</summary>
    private static Tensor AtLevelsOf(Tensor expected, Tensor actual) => expected.size(1) == 1 ? actual
        : actual * (expected.pow(2).mean([2], keepdim: true) / actual.pow(2).mean([2], keepdim: true)).sqrt();

    [Theory]
    [InlineData(1, 44100, 1)]
    [InlineData(1, 4000, 7)]
    [InlineData(2, 4000, 4001)]
    [InlineData(1, 8000, 32000)]
    [InlineData(6, 22050, 12345)]
    [InlineData(3, 1000, 5000)]
    public void Dac_restores_rate_length_and_channels(int channels, int rate, int length)
    {
        using var model = GoldenDac.Load(Case);
        var codec = new DacCompressor(model);
        using var audio = rand(channels, length) - 0.5f;
        DacFile file = null!;
        LiveTensors.NoneLeft(() => file = codec.Compress(audio, rate, new() { WindowSeconds = 0.6 }));
        LiveTensors.NoneLeft(() =>
        {
            using var back = codec.Decompress(file);
            Assert.Equal([1, channels, length], back.shape);
            using var sum = back.sum();
            Assert.True(float.IsFinite(sum.item<float>()));
        });
    }

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    public void Dac_applies_one_gain_to_all_channels(int channels)
    {
        using var scope = NewDisposeScope();
        using var model = GoldenDac.Load(Case);
        var codec = new DacCompressor(model);
        var sound = zeros(channels, 12_000);
        sound[0] = rand(12_000) - 0.5f;
        var file = codec.Compress(sound, model.SampleRate);
        var back = codec.Decompress(file)[0];

        // The balance is that of the codes themselves.
        var raw = model.Decode(file.GetCodes().narrow(0, 0, channels)).squeeze(1);
        var levels = raw.pow(2).mean([1]).sqrt();
        var kept = back.pow(2).mean([1]).sqrt();
        for (var channel = 1; channel < channels; channel++)
        {
            var expected = (levels[channel] / levels[0]).item<float>();
            Assert.InRange((kept[channel] / kept[0]).item<float>(), expected * 0.9f - 1e-3f, expected * 1.1f + 1e-3f);
        }
    }

    [Fact]
    public void Dac_silence_stays_finite()
    {
        using var model = GoldenDac.Load(Case);
        var codec = new DacCompressor(model);
        using var silence = zeros(1, 6000);
        var file = codec.Compress(silence, 4000);
        Assert.Equal(-70f, Assert.Single(file.InputLoudness));
        using var back = codec.Decompress(file);
        using var largest = back.max();
        using var least = back.min();
        Assert.InRange(Math.Max(largest.item<float>(), -least.item<float>()), 0, 0.1f);
    }

    [Fact]
    public async Task Dac_reports_progress_and_can_be_canceled_between_windows()
    {
        using var model = GoldenDac.Load(Case);
        var codec = new DacCompressor(model);
        using var audio = rand(1, 20000) - 0.5f;
        var told = new List<double>();
        var file = codec.Compress(audio, 4000, progress: new Told(told));
        Assert.True(told.Count > 3 && told[^1] == 1);
        Assert.Equal(told.Order(), told);
        told.Clear();
        codec.Decompress(file, new Told(told)).Dispose();
        Assert.True(told.Count > 3 && told[^1] == 1);
        using var ended = new CancellationTokenSource();
        await ended.CancelAsync();
        Assert.Throws<OperationCanceledException>(() => codec.Compress(audio, 4000, cancellationToken: ended.Token));
        Assert.Throws<OperationCanceledException>(() => codec.Decompress(file, cancellationToken: ended.Token));
        var again = await codec.CompressAsync(audio, 4000);
        Assert.Equal(file.OriginalLength, again.OriginalLength);
        (await codec.DecompressAsync(again)).Dispose();
    }

    [Fact]
    public void Dac_invalid_arguments_throw()
    {
        using var model = GoldenDac.Load(Case);
        var codec = new DacCompressor(model);
        using var audio = zeros(1, 9000);
        Assert.Contains("0.262 s", Assert.Throws<ArgumentException>(() => codec.Compress(audio, 4000, new() { WindowSeconds = 0.1 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Compress(audio, 4000, new() { WindowSeconds = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Compress(audio, 4000, new() { WindowSeconds = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Compress(audio, 4000, new() { Codebooks = 4 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Compress(audio, 4000, new() { Loudness = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.Compress(audio, 0));
        using var several = zeros(2, 1, 9000);
        Assert.Throws<ArgumentException>(() => codec.Compress(several, 4000));
        using var nothing = zeros(1, 0);
        Assert.Throws<ArgumentException>(() => codec.Compress(nothing, 4000));
        Assert.Throws<ArgumentNullException>(() => codec.Compress(null!, 4000));
        Assert.Throws<ArgumentNullException>(() => new DacCompressor(null!));
    }

    [Fact]
    public void Dac_files_of_another_model_or_with_false_metadata_are_rejected()
    {
        using var model = GoldenDac.Load(Case);
        var codec = new DacCompressor(model);
        using var codes = zeros(1, 3, 60, dtype: ScalarType.Int64);
        using var four = zeros(1, 4, 60, dtype: ScalarType.Int64);
        using var large = full([1, 3, 60], 16L, dtype: ScalarType.Int64);
        Assert.Throws<AudioFormatException>(() => codec.Decompress(new DacFile(four, 1, 4000, 100, 60, true, [-20])));
        Assert.Throws<AudioFormatException>(() => codec.Decompress(new DacFile(large, 1, 4000, 100, 60, true, [-20])));
        Assert.Throws<AudioFormatException>(() => codec.Decompress(new DacFile(codes, 1, 4000, 1L << 40, 60, true, [-20])));
        Assert.Throws<AudioFormatException>(() => codec.Decompress(new DacFile(codes, 1, 3, 1, 60, true, [-20])));
        Assert.Throws<AudioFormatException>(() => codec.Decompress(new DacFile(codes, 1, 4000, 100, 1, false, [-20])));
        Assert.Throws<AudioFormatException>(() => codec.Decompress(new DacFile(codes, 1, 4000, 100, 59, false, [-20])));
    }

    private sealed class Told(List<double> values) : IProgress<double>
    {
        public void Report(double value) => values.Add(value);
    }
}
