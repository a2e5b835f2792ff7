using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

/// <summary>.ecdc files in chunks have the same bytes and samples as without chunks.</summary>
[Collection(ProcessWideState.Name)]
public class EcdcStreamingTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public EcdcStreamingTests() => manual_seed(20261127);

    private static readonly int[][] Sizes = [[1_000_000], [1], [319, 1, 5000], [4800], [24000], [24001, 7]];

    public static TheoryData<string> Models => [.. OriginalEncodecFixture.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void Bytes_match_upstream_for_any_chunk_size(string name)
    {
        using var model = OriginalEncodecFixture.Load(name);
        using var io = Golden.Tensors(name);
        foreach (var (file, bandwidth, _) in OriginalEncodecFixture.Files(name).Where(f => !f.UsesLanguageModel))
        {
            model.SetTargetBandwidth(bandwidth);
            using var wav = io.Read($"ecdc/{Path.GetFileNameWithoutExtension(file)}/wav");
            foreach (var sizes in Sizes)
            {
                Assert.Equal(File.ReadAllBytes(Golden.File(name, file)), Compress(model, wav, OptionsOf(name), sizes));
            }
        }
    }

    [Theory]
    [InlineData("encodec_original_24k", 70_001)]
    [InlineData("encodec_original_24k", 48_000)]
    [InlineData("encodec_original_24k", 1)]
    [InlineData("encodec_original_48k", 15_000)]
    [InlineData("encodec_original_48k", 9_552)]
    [InlineData("encodec_original_48k", 4_800)]
    [InlineData("encodec_original_48k", 4_753)]
    [InlineData("encodec_original_48k", 1)]
    public void Chunked_coding_matches_unchunked(string name, int length)
    {
        using var model = OriginalEncodecFixture.Load(name);
        using var generator = new Generator(8);
        using var wav = rand([model.Channels, length], generator: generator) - 0.5f;
        var options = OptionsOf(name);
        var bytes = EcdcFile.CompressToArray(model, wav, model.SampleRate, options);
        foreach (var sizes in Sizes)
        {
            if (sizes[0] > 1 || length < 5000)
            {
                Assert.Equal(bytes, Compress(model, wav, options, sizes));
            }
        }

        // The codes and samples without streaming.
        using var scope = NewDisposeScope();
        var codec = new SegmentedCodec(model);
        var frames = codec.Encode(wav.unsqueeze(0)).ToList();
        var expected = codec.Decode(frames, length).select(0, 0);
        var chunks = EcdcFile.DecompressStream(model, new MemoryStream(bytes), options).ToList();
        Near.Equal(expected, cat(chunks, -1), 1e-5);
        Exactly.Equal(EcdcFile.Decompress(model, new MemoryStream(bytes), options).Wav, cat(chunks, -1));
        Assert.All(chunks, chunk => Assert.InRange(chunk.size(1), 1, model.SampleRate + (20L * model.HopLength)));
        Assert.True(length < 2 * model.SampleRate || chunks.Count > 1);
    }

    [Fact]
    public void Language_model_state_continues_across_chunks()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_24k");
        using var languageModel = OriginalEncodecFixture.LoadLanguageModel();
        var options = new EcdcOptions { LanguageModel = languageModel };
        using var wav = rand(1, 60_000) - 0.5f;
        var bytes = EcdcFile.CompressToArray(model, wav, 24000, options);
        Assert.Equal(bytes, Compress(model, wav, options, [7000]));

        // The same codes as without a language model.
        using var scope = NewDisposeScope();
        var packed = EcdcFile.CompressToArray(model, wav, 24000);
        var expected = EcdcFile.Decompress(model, new MemoryStream(packed)).Wav;
        Exactly.Equal(expected, cat(EcdcFile.DecompressStream(model, new MemoryStream(bytes), options).ToList(), -1));
    }

    [Fact]
    public void Models_without_streaming_receive_the_complete_audio()
    {
        using var model = new EncodecModel(new()
        {
            SampleRate = 8000,
            Renormalize = true,
            Causal = false,
            Encoder = new() { Causal = false, Filters = 2, Dimension = 8, Ratios = [4, 2], ResidualLayers = 1, LstmLayers = 0 },
            Quantizer = new() { NumCodebooks = 2, Cardinality = 4, KMeansInit = false },
        });
        model.eval();
        using var wav = rand(1, 20_000) - 0.5f;
        var options = new EcdcOptions { ModelName = "whole" };
        using var scope = NewDisposeScope();
        var bytes = Compress(model, wav, options, [3000]);
        Assert.Equal(EcdcFile.CompressToArray(model, wav, 8000, options), bytes);
        var (codes, scale) = model.Encode(wav.unsqueeze(0));
        var expected = model.Decode(codes, scale).select(0, 0);
        Near.Equal(expected, EcdcFile.DecompressStream(model, new MemoryStream(bytes), options).Single(), 1e-5);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Wrong_number_of_samples_is_rejected_and_leaves_no_file(string name)
    {
        using var model = OriginalEncodecFixture.Load(name);
        using var folder = new TemporaryFolder();
        using var wav = rand(model.Channels, 15_000) - 0.5f;
        var path = folder.File("a.ecdc");
        foreach (var wrong in new[] { 1L, 14_999, 15_001, long.MaxValue })
        {
            var error = Assert.Throws<ArgumentException>(() => EcdcFile.Compress(model, StreamChunks.Cut(wav, 4000), wrong, path, OptionsOf(name)));
            Assert.Contains($"given as {wrong}", error.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(folder.Path));
        }

        EcdcFile.Compress(model, StreamChunks.Cut(wav, 4000), 15_000, path, OptionsOf(name));
        Assert.Equal(Compress(model, wav, OptionsOf(name), [1_000_000]), File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Invalid_chunks_are_rejected()
    {
        using var model = OriginalEncodecFixture.Load("encodec_original_24k");
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentNullException>(() => EcdcFile.Compress(model, null!, 5L, Stream.Null));
        Assert.Throws<ArgumentOutOfRangeException>(() => EcdcFile.Compress(model, [zeros(1, 5)], 0, Stream.Null));
        Assert.Throws<ArgumentException>(() => EcdcFile.Compress(model, [], 5, Stream.Null));
        Assert.Throws<ArgumentNullException>(() => EcdcFile.Compress(model, [null!], 5, Stream.Null));
        Assert.Throws<ArgumentException>(() => EcdcFile.Compress(model, [zeros(1, 5), zeros(1, 0)], 5, Stream.Null));
        Assert.Throws<ArgumentException>(() => EcdcFile.Compress(model, [zeros(1, 5), full([1, 5], float.NaN)], 10, Stream.Null));
        Assert.Throws<ArgumentException>(() => EcdcFile.Compress(model, [zeros(2, 1, 5)], 5, Stream.Null));
        Assert.Throws<ArgumentException>(() => EcdcFile.Compress(model, [zeros(1, 5)], 5, new MemoryStream([], writable: false)));
        Assert.Throws<ArgumentException>(() => EcdcFile.DecompressStream(model, ""));
        Assert.Throws<AudioCraftException>(() => EcdcFile.DecompressStream(model, "/nowhere/a.ecdc").Count());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Truncated_or_too_long_file_throws_after_its_valid_chunks(string name)
    {
        using var model = OriginalEncodecFixture.Load(name);
        using var folder = new TemporaryFolder();
        using var wav = rand(model.Channels, 4 * model.SampleRate) - 0.5f;
        var bytes = Compress(model, wav, OptionsOf(name), [10_000]);
        for (var length = 0; length < bytes.Length; length += Math.Max(1, bytes.Length / 60))
        {
            LiveTensors.NoneLeft(() => Assert.Throws<AudioFormatException>(() => Count(new OneWay(bytes[..length]))));
            LiveTensors.NoneLeft(() => Assert.Throws<AudioFormatException>(() => Count(new MemoryStream(bytes[..length]))));
        }

        LiveTensors.NoneLeft(() => Assert.Throws<AudioFormatException>(() => Count(new OneWay(bytes[..^1]))));
        File.WriteAllBytes(folder.File("long.ecdc"), [.. bytes, 0]);
        Assert.Contains("1 bytes follow", Assert.Throws<AudioFormatException>(
            () => Drain(EcdcFile.DecompressStream(model, folder.File("long.ecdc"), OptionsOf(name)))).Message, StringComparison.Ordinal);

        int Count(Stream stream) => Drain(EcdcFile.DecompressStream(model, stream, OptionsOf(name)));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Only_returned_chunks_remain_in_native_memory(string name)
    {
        using var model = OriginalEncodecFixture.Load(name);
        var options = OptionsOf(name);
        using var wav = rand(model.Channels, 3 * model.SampleRate) - 0.5f;
        byte[] bytes = [];
        LiveTensors.NoneLeft(() => bytes = Compress(model, wav, options, [1700]));
        LiveTensors.NoneLeft(() => Assert.True(Drain(EcdcFile.DecompressStream(model, new MemoryStream(bytes), options)) > 1));
        Tensor? first = null;
        LiveTensors.Left(1, () => first = EcdcFile.DecompressStream(model, new MemoryStream(bytes), options).First());
        first!.Dispose();
        LiveTensors.NoneLeft(() => Assert.Throws<InvalidOperationException>(() => EcdcFile.Compress(model, Broken(wav), wav.size(1), Stream.Null, options)));
    }

    private static EcdcOptions OptionsOf(string name) => new() { ModelName = OriginalEncodecFixture.ModelNameOf(name) };

    private static byte[] Compress(EncodecModel model, Tensor wav, EcdcOptions options, int[] sizes)
    {
        using var stream = new MemoryStream();
        EcdcFile.Compress(model, Overwritten(wav, sizes), wav.size(-1), stream, options);
        return stream.ToArray();
    }

    /// <summary>Chunks that are overwritten and disposed when the next one is requested.</summary>
    private static IEnumerable<Tensor> Overwritten(Tensor wav, int[] sizes)
    {
        foreach (var view in StreamChunks.Cut(wav, sizes))
        {
            using (view)
            {
                using var chunk = view.clone();
                yield return chunk;
                chunk.fill_(9);
            }
        }
    }

    private static IEnumerable<Tensor> Broken(Tensor wav)
    {
        using var chunk = wav.narrow(-1, 0, wav.size(-1) / 2);
        yield return chunk;
        throw new InvalidOperationException("The microphone is gone.");
    }

    private static int Drain(IEnumerable<Tensor> chunks)
    {
        var count = 0;
        foreach (var chunk in chunks)
        {
            chunk.Dispose();
            count++;
        }

        return count;
    }
}
