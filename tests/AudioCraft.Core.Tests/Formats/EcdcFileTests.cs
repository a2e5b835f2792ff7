using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

/// <summary>.ecdc files compared with upstream's, and the documented properties of EcdcFile.</summary>
[Collection(ProcessWideState.Name)]
public class EcdcFileTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public EcdcFileTests() => manual_seed(20261127);

    // As for the codec: a few times the noise in golden/INDEX.md.
    private const double Tolerance = 2e-5;

    public static TheoryData<string, string, double> Packed
    {
        get
        {
            var data = new TheoryData<string, string, double>();
            foreach (var name in OriginalEncodecFixture.Names)
            {
                foreach (var (file, bandwidth, _) in OriginalEncodecFixture.Files(name).Where(f => !f.UsesLanguageModel))
                {
                    data.Add(name, file, bandwidth);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, double> Predicted
    {
        get
        {
            var data = new TheoryData<string, double>();
            foreach (var (file, bandwidth, _) in OriginalEncodecFixture.Files("encodec_original_24k").Where(f => f.UsesLanguageModel))
            {
                data.Add(file, bandwidth);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Packed))]
    public void File_without_language_model_matches_upstream_byte_for_byte(string name, string file, double bandwidth)
    {
        using var model = OriginalEncodecFixture.Load(name);
        model.SetTargetBandwidth(bandwidth);
        using var io = Golden.Tensors(name);
        using var wav = io.Read($"ecdc/{Path.GetFileNameWithoutExtension(file)}/wav");
        var bytes = EcdcFile.CompressToArray(model, wav, model.SampleRate, new() { ModelName = OriginalEncodecFixture.ModelNameOf(name) });
        Assert.Equal(File.ReadAllBytes(Golden.File(name, file)), bytes);
    }

    [Theory]
    [MemberData(nameof(Packed))]
    public void Upstream_file_decodes_to_the_recorded_audio(string name, string file, double bandwidth)
    {
        using var model = OriginalEncodecFixture.Load(name);
        using var io = Golden.Tensors(name);
        using var expected = io.Read($"ecdc/{Path.GetFileNameWithoutExtension(file)}/decompressed");
        var (wav, rate) = EcdcFile.Decompress(model, Golden.File(name, file), new() { ModelName = OriginalEncodecFixture.ModelNameOf(name) });
        using (wav)
        {
            Near.Equal(expected, wav, Tolerance);
            Assert.Equal(model.SampleRate, rate);
        }

        var header = EcdcFile.ReadHeader(Golden.File(name, file));
        Assert.Equal((OriginalEncodecFixture.ModelNameOf(name), expected.size(1), false), (header.ModelName, header.AudioLength, header.UsesLanguageModel));
        Assert.Equal(model.CodebooksFor(bandwidth), header.Codebooks);
        Assert.Equal("facebook/" + header.ModelName, header.PretrainedName);
    }

    [Theory]
    [MemberData(nameof(Predicted))]
    public void File_with_language_model_round_trips_with_any_number_of_threads(string file, double bandwidth)
    {
        var name = "encodec_original_24k";
        using var model = OriginalEncodecFixture.Load(name);
        using var languageModel = OriginalEncodecFixture.LoadLanguageModel();
        model.SetTargetBandwidth(bandwidth);
        using var io = Golden.Tensors(name);
        using var wav = io.Read($"ecdc/{Path.GetFileNameWithoutExtension(file)}/wav");
        using var expected = io.Read($"ecdc/{Path.GetFileNameWithoutExtension(file)}/decompressed");
        var options = new EcdcOptions { LanguageModel = languageModel };
        var threads = get_num_threads();
        try
        {
            foreach (var (writing, reading) in new[] { (1, 1), (1, 2), (2, 1) })
            {
                set_num_threads(writing);
                var bytes = EcdcFile.CompressToArray(model, wav, model.SampleRate, options);
                set_num_threads(reading);
                using var stream = new MemoryStream(bytes);
                using var audio = EcdcFile.Decompress(model, stream, options).Wav;
                Near.Equal(expected, audio, Tolerance);
                Assert.Equal(bytes.Length, stream.Position);
            }
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Theory]
    [MemberData(nameof(Predicted))]
    public void Upstream_file_with_language_model_is_rejected(string file, double bandwidth)
    {
        // The probabilities of the libtorch that wrote the file differ from ours in their last bits.
        using var model = OriginalEncodecFixture.Load("encodec_original_24k");
        using var languageModel = OriginalEncodecFixture.LoadLanguageModel();
        var path = Golden.File("encodec_original_24k", file);
        Assert.Equal((model.CodebooksFor(bandwidth), true), (EcdcFile.ReadHeader(path).Codebooks, EcdcFile.ReadHeader(path).UsesLanguageModel));
        var refused = Assert.Throws<AudioFormatException>(() => EcdcFile.Decompress(model, path, new() { LanguageModel = languageModel }));
        Assert.Contains("do not match", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_language_model_is_detected()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_24k");
        using var languageModel = OriginalEncodecFixture.LoadLanguageModel();
        using var other = new EncodecLanguageModel(languageModel.Config);
        using var wav = rand(1, 3000) - 0.5f;
        using var stream = new MemoryStream(EcdcFile.CompressToArray(model, wav, 24000, new() { LanguageModel = languageModel }));
        Assert.Throws<AudioFormatException>(() => EcdcFile.Decompress(model, stream, new() { LanguageModel = other }));
        stream.Position = 0;
        Assert.Throws<AudioFormatException>(() => EcdcFile.Decompress(model, stream));
    }

    [Fact]
    public void Header_matches_upstream_byte_for_byte()
    {
        using var io = Golden.Tensors("encodec_binary");
        using var bytes = io.Read("header/bytes");
        using var json = Golden.Config("encodec_binary");
        var metadata = json.RootElement.GetProperty("header_metadata");
        var header = new EcdcHeader(
            metadata.GetProperty("m").GetString()!, metadata.GetProperty("al").GetInt64(), metadata.GetProperty("nc").GetInt32(), metadata.GetProperty("lm").GetBoolean());
        Assert.Equal(bytes.data<byte>().ToArray(), header.ToBytes());
        Assert.Equal(header, EcdcFile.ReadHeader(new MemoryStream(header.ToBytes())));
    }

    [Fact]
    public void Other_rates_and_channels_are_converted()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_24k");
        using var folder = new TemporaryFolder();
        using var wav = rand(2, 4800) - 0.5f;
        EcdcFile.Compress(model, wav, 48000, folder.File("a.ecdc"));
        Assert.Equal(2400, EcdcFile.ReadHeader(folder.File("a.ecdc")).AudioLength);
        using var back = EcdcFile.Decompress(model, folder.File("a.ecdc")).Wav;
        Assert.Equal([1, 2400], back.shape);
    }

    [Fact]
    public void Stream_can_contain_several_files()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_24k");
        using var languageModel = OriginalEncodecFixture.LoadLanguageModel();
        var options = new EcdcOptions { LanguageModel = languageModel };
        using var first = rand(1, 1000) - 0.5f;
        using var second = rand(1, 700) - 0.5f;
        using var stream = new MemoryStream();
        EcdcFile.Compress(model, first, 24000, stream, options);
        EcdcFile.Compress(model, second, 24000, stream);
        using var pipe = new OneWay(stream.ToArray());
        using var a = EcdcFile.Decompress(model, pipe, options).Wav;
        using var b = EcdcFile.Decompress(model, pipe, options).Wav;
        Assert.Equal((1000, 700), (a.size(1), b.size(1)));
        Assert.Throws<AudioFormatException>(() => EcdcFile.Decompress(model, pipe));
    }

    [Fact]
    public async Task Progress_reaches_one_and_both_directions_can_be_canceled()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_48k");
        var options = new EcdcOptions { ModelName = "tiny" };
        using var wav = rand(2, 15000) - 0.5f;
        using var stream = new MemoryStream();
        var reports = new Reports();
        await EcdcFile.CompressAsync(model, wav, 4800, stream, options, reports);
        Assert.Equal(reports.Values.Order(), reports.Values);
        Assert.Equal((4, 1.0), (reports.Values.Count, reports.Values[^1]));
        stream.Position = 0;
        (await EcdcFile.DecompressAsync(model, stream, options, reports)).Wav.Dispose();

        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        stream.Position = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => EcdcFile.Decompress(model, stream, options, cancellationToken: canceled.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => EcdcFile.CompressToArray(model, wav, 4800, options, cancellationToken: canceled.Token));
        using var folder = new TemporaryFolder();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EcdcFile.CompressAsync(model, wav, 4800, folder.File("a.ecdc"), options, cancellationToken: canceled.Token));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Only_the_audio_remains_in_native_memory()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_48k");
        var options = new EcdcOptions { ModelName = "tiny" };
        using var wav = rand(2, 9000) - 0.5f;
        byte[] bytes = [];
        LiveTensors.NoneLeft(() => bytes = EcdcFile.CompressToArray(model, wav, 4800, options));
        Tensor? audio = null;
        LiveTensors.Left(1, () => audio = EcdcFile.Decompress(model, new MemoryStream(bytes), options).Wav);
        audio!.Dispose();
        LiveTensors.NoneLeft(() => Assert.Throws<AudioFormatException>(() => EcdcFile.Decompress(model, new MemoryStream(bytes[..^1]), options)));
    }

    [Fact]
    public void Invalid_arguments_and_mismatched_codecs_are_rejected()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_48k");
        using var mono = OriginalEncodecFixture.Load("encodec_original_24k");
        using var languageModel = OriginalEncodecFixture.LoadLanguageModel();
        using var scope = NewDisposeScope();
        var wav = rand(2, 500);
        Assert.Contains("ModelName", Assert.Throws<ArgumentException>(() => EcdcFile.CompressToArray(model, wav, 4800)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => EcdcFile.CompressToArray(model, wav, 4800, new() { ModelName = "a\"b" }));
        Assert.Throws<ArgumentException>(() => EcdcFile.CompressToArray(model, wav, 4800, new() { ModelName = "" }));
        Assert.Throws<ArgumentException>(() => EcdcFile.CompressToArray(model, wav, 4800, new() { ModelName = "tiny", LanguageModel = languageModel }));
        Assert.Throws<ArgumentException>(() => EcdcFile.CompressToArray(mono, zeros(1, 0), 24000));
        Assert.Throws<ArgumentException>(() => EcdcFile.CompressToArray(mono, full([1, 9], float.NaN), 24000));
        Assert.Throws<ArgumentException>(() => EcdcFile.CompressToArray(mono, zeros(2, 1, 9), 24000));
        Assert.Throws<ArgumentException>(() => EcdcFile.CompressToArray(mono, zeros(1, 9, dtype: ScalarType.Int64), 24000));
        Assert.Throws<ArgumentOutOfRangeException>(() => EcdcFile.CompressToArray(mono, zeros(1, 9), 0));
        Assert.Throws<AudioCraftException>(() => EcdcFile.Decompress(mono, "/nowhere/a.ecdc"));

        var bytes = EcdcFile.CompressToArray(model, wav, 4800, new() { ModelName = "tiny" });
        Assert.Contains("'tiny'", Assert.Throws<AudioFormatException>(() => EcdcFile.Decompress(mono, new MemoryStream(bytes))).Message, StringComparison.Ordinal);
        Assert.Contains("'other'", Assert.Throws<AudioFormatException>(
            () => EcdcFile.Decompress(model, new MemoryStream(bytes), new() { ModelName = "other" })).Message, StringComparison.Ordinal);
        Assert.Equal([2, 500], EcdcFile.Decompress(model, new MemoryStream(bytes)).Wav.shape);
    }

    [Theory]
    [InlineData("encodec_original_24k")]
    [InlineData("encodec_original_48k")]
    public async Task Concurrent_compressions_with_different_numbers_of_codebooks_are_independent(string name)
    {
        using var model = OriginalEncodecFixture.Load(name);
        using var wav = rand(model.Channels, 2 * model.SampleRate / 10) - 0.5f;
        var before = model.NumCodebooks;
        EcdcOptions OptionsOf(int n) => new() { ModelName = "tiny", Codebooks = n };
        byte[] Compress(int n) => EcdcFile.CompressToArray(model, wav, model.SampleRate, OptionsOf(n));
        var expected = Enumerable.Range(1, model.TotalCodebooks).Select(Compress).ToList();
        await Task.WhenAll(Enumerable.Range(1, model.TotalCodebooks).Select(n => Task.Run(() =>
        {
            for (var i = 0; i < 5; i++)
            {
                Assert.Equal(expected[n - 1], Compress(n));
            }
        })));
        Assert.Equal(before, model.NumCodebooks);
        for (var n = 1; n <= model.TotalCodebooks; n++)
        {
            Assert.Equal(n, EcdcFile.ReadHeader(new MemoryStream(expected[n - 1])).Codebooks);
            using var stream = new MemoryStream();
            EcdcFile.Compress(model, [wav], wav.size(1), stream, OptionsOf(n));
            Assert.Equal(expected[n - 1], stream.ToArray());
            model.SetNumCodebooks(n);
            Assert.Equal(expected[n - 1], EcdcFile.CompressToArray(model, wav, model.SampleRate, new() { ModelName = "tiny" }));
        }

        foreach (var n in new[] { 0, model.TotalCodebooks + 1 })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Compress(n));
        }
    }

    [Fact]
    public void Compress_with_codebooks_and_language_model_round_trips()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_24k");
        using var languageModel = OriginalEncodecFixture.LoadLanguageModel();
        using var wav = rand(1, 1000) - 0.5f;
        var plain = EcdcFile.CompressToArray(model, wav, model.SampleRate, new() { Codebooks = 2 });
        var small = EcdcFile.CompressToArray(model, wav, model.SampleRate, new() { Codebooks = 2, LanguageModel = languageModel });
        using var expected = EcdcFile.Decompress(model, new MemoryStream(plain)).Wav;
        using var actual = EcdcFile.Decompress(model, new MemoryStream(small), new() { LanguageModel = languageModel }).Wav;
        Exactly.Equal(expected, actual);
    }

    [Fact]
    public void Compress_writes_the_name_of_a_pretrained_model()
    {
        using var codec = (EncodecModel)CompressionModel.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"));
        using var gen = AudioGen.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"));
        using var wav = rand(1, 1600) - 0.5f;
        foreach (var model in new[] { codec, (EncodecModel)gen.CompressionModel })
        {
            var bytes = EcdcFile.CompressToArray(model, wav, model.SampleRate);
            Assert.Equal("audiogen_tiny_checkpoint", EcdcFile.ReadHeader(new MemoryStream(bytes)).ModelName);
            EcdcFile.Decompress(model, new MemoryStream(bytes)).Wav.Dispose();
            bytes = EcdcFile.CompressToArray(model, wav, model.SampleRate, new() { ModelName = "other" });
            Assert.Equal("other", EcdcFile.ReadHeader(new MemoryStream(bytes)).ModelName);
        }
    }

    [Theory]
    [InlineData("audiogen-tiny", "audiogen-tiny")]
    [InlineData("facebook/encodec_32khz", "facebook/encodec_32khz")]
    [InlineData("/models/My codec (2)/", "My-codec--2-")]
    [InlineData("./models/codec", "codec")]
    [InlineData("модель", "------")]
    public void ModelNameOf_returns_a_valid_name(string pretrainedName, string expected)
    {
        using var stereo = OriginalEncodecFixture.Load("encodec_original_48k");
        Assert.Null(EcdcFile.ModelNameOf(stereo));
        stereo.PretrainedName = pretrainedName;
        Assert.Equal(expected, EcdcFile.ModelNameOf(stereo));
        stereo.PretrainedName = "/" + new string('a', 100);
        Assert.Equal(new string('a', 64), EcdcFile.ModelNameOf(stereo));
        using var mono = OriginalEncodecFixture.Load("encodec_original_24k");
        mono.PretrainedName = pretrainedName;
        Assert.Equal("encodec_24khz", EcdcFile.ModelNameOf(mono));
    }

    private sealed class Reports : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }
}
