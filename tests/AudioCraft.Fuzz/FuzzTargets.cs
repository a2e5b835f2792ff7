using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using AudioCraft.Hub;
using AudioCraft.NAudio;
using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Codecs;
using AudioCraft.Tests.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Fuzz;

/// <summary>Every reader of untrusted input, with seeds from tests/golden and tests/data.</summary>
internal sealed class FuzzTargets : IDisposable
{
    public static readonly string[] Names =
    [
        "wav", "audio", "safetensors", "torch", "inspect-torch", "inspect-safetensors", "experiment-config", "sentencepiece", "t5-config", "t5-tokenizer", "t5-weights",
        "audiogen-lm", "audiogen-codec", "musicgen-config", "encodec-config", "shard-index", "dac-weights", "ecdc", "ecdc-lm", "dac", "hub-list", "hub-answer",
    ];

    private readonly TemporaryFolder folder = new();
    private readonly List<IDisposable> models = [];
    private readonly Dictionary<string, FuzzTarget> made = [];

    public IReadOnlyList<FuzzTarget> All => [.. Names.Select(name => this[name])];

    /// <summary>A target by name.</summary>
    public FuzzTarget this[string name] => made.TryGetValue(name, out var target) ? target : made[name] = Make(name);

    public void Dispose()
    {
        models.ForEach(model => model.Dispose());
        folder.Dispose();
    }

    private FuzzTarget Make(string name) => name switch
    {
        "wav" => new(name, Files("audio_io", "*.wav"), input => AudioFile.Read(new MemoryStream(input)).Wav.Dispose()),
        "audio" => new(name, [.. Files("audio_io", "*.wav"), .. Files("audio_io", "*.flac"), .. Encoded()], input => NAudioFile.Read(new MemoryStream(input), maxSamples: 1 << 22).Wav.Dispose()),
        "safetensors" => OnFile(name, "a.safetensors", [Golden.File("sampling", "io.safetensors"), Golden.File("patterns", "io.safetensors")], path => ReadAll(SafetensorsFile.Open(path))),
        "torch" => OnFile(name, "a.pt", Checkpoints(), path =>
        {
            using var file = TorchFile.Open(path);
            ReadAll(file);
        }),
        "inspect-torch" => OnFile(name, "a.pt", Checkpoints(), path => _ = CheckpointInspector.Inspect(path).ToString()),
        "inspect-safetensors" => OnFile(name, "a.safetensors", [Golden.File("sampling", "io.safetensors")], path => _ = CheckpointInspector.Inspect(path).ToString()),
        "experiment-config" => InDirectory(name, Converted(), "config.json", path => BaseGenModel.GetPretrained(path, CPU).Dispose()),
        "sentencepiece" => new(name, Files("t5_tokenizer", "spiece.model", "t5_tiny_relu", "unigram_trained"), input => _ = SentencePieceTokenizer.Load(new MemoryStream(input)).Encode("a dog barks, 犬が鳴く")),
        "t5-config" => InDirectory(name, Copy("t5_tiny_relu"), "config.json", path => T5TextEncoder.Load(path, CPU).Dispose()),
        "t5-tokenizer" => InDirectory(name, Copy("t5_tiny_relu"), "tokenizer_config.json", path => T5TextEncoder.Load(path, CPU).Dispose()),
        "t5-weights" => InDirectory(name, Copy("t5_tiny_relu"), "pytorch_model.bin", path => T5TextEncoder.Load(path, CPU).Dispose()),
        "audiogen-lm" => InDirectory(name, Copy("audiogen_tiny_checkpoint"), "state_dict.bin", path => AudioGen.GetPretrained(path, CPU).Dispose()),
        "audiogen-codec" => InDirectory(name, Copy("audiogen_tiny_checkpoint"), "compression_state_dict.bin", path => CompressionModel.GetPretrained(path, CPU).Dispose()),
        "musicgen-config" => InDirectory(name, HuggingFaceDirectory(), "config.json", path => BaseGenModel.GetPretrained(path, CPU).Dispose()),
        "encodec-config" => InDirectory(name, HuggingFaceCodecDirectory(), "config.json", path => CompressionModel.GetPretrained(path, CPU).Dispose()),
        "shard-index" => InDirectory(name, HuggingFaceDirectory(sharded: true), "model.safetensors.index.json", path => BaseGenModel.GetPretrained(path, CPU).Dispose()),
        "dac-weights" => OnFile(name, "weights.pth", [Golden.File("dac_tiny", "dac_weights.pth")], path => CompressionModel.GetPretrained(path, CPU).Dispose()) with { BuildsModels = true },
        "ecdc" => Ecdc(name, usesLanguageModel: false),
        "ecdc-lm" => Ecdc(name, usesLanguageModel: true),
        "dac" => new(name, Files("dac_compress", "*.dac"), input => _ = DacFile.Read(new MemoryStream(input)).Frames),
        "hub-list" => Hub(name, HubAnswers.List, answer => new() { ReplacedList = answer }),
        "hub-answer" => Hub(name, HubAnswers.Head, answer => new() { ReplacedHead = answer }),
        _ => throw new ArgumentException($"There is no target '{name}'. The targets are: {string.Join(", ", Names)}."),
    };

    private static void ReadAll(TensorArchive archive)
    {
        using (archive)
        {
            foreach (var name in archive.Tensors.Keys)
            {
                archive.Read(name).Dispose();
            }
        }
    }

    private static IReadOnlyList<byte[]> Files(string golden, string pattern, params string[] more) =>
        [.. new[] { golden }.Concat(more).SelectMany(name => Directory.GetFiles(Golden.Directory(name), pattern).Order(StringComparer.Ordinal)).Select(File.ReadAllBytes)];

    private static string[] Checkpoints()
    {
        var data = Path.Combine(Golden.Directory("sampling"), "..", "..", "data", "checkpoints");
        return [.. Directory.GetFiles(data, "*.pt").Order(StringComparer.Ordinal), Golden.File("t5_tiny_relu", "pytorch_model.bin")];
    }

    /// <summary>A short tone in the formats that the installed decoders support.</summary>
    private static IEnumerable<byte[]> Encoded()
    {
        using var scope = NewDisposeScope();
        var tone = (arange(0, 4000, float32) * 0.17f).sin().mul_(0.4f);
        foreach (var format in Enum.GetValues<SoundFormat>())
        {
            byte[]? bytes = null;
            try
            {
                using var stream = new MemoryStream();
                NAudioFile.Write(stream, format, tone, 16000);
                bytes = stream.ToArray();
            }
            catch (AudioCraftException)
            {
                continue; // no encoder for the format on this machine
            }

            yield return bytes;
        }
    }

    private FuzzTarget OnFile(string name, string fileName, IEnumerable<string> seeds, Action<string> read)
    {
        var path = folder.File(name + "-" + fileName);
        return new(name, [.. seeds.Select(File.ReadAllBytes)], input =>
        {
            File.Delete(path);
            File.WriteAllBytes(path, input);
            read(path);
        });
    }

    private static FuzzTarget InDirectory(string name, string directory, string fileName, Action<string> read)
    {
        var path = Path.Combine(directory, fileName);
        return new(name, [File.ReadAllBytes(path)], input =>
        {
            // A new file each time: replacing the contents of a mapped file is not allowed.
            File.Delete(path);
            File.WriteAllBytes(path, input);
            read(directory);
        }) { BuildsModels = true };
    }

    private string NewDirectory() => Directory.CreateDirectory(folder.File(Path.GetRandomFileName())).FullName;

    private string Copy(string golden)
    {
        var (source, target) = (Golden.Directory(golden), NewDirectory());
        foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }

    private string Converted()
    {
        var target = Path.Combine(NewDirectory(), "converted");
        CheckpointConverter.Convert(Golden.Directory("audiogen_tiny_checkpoint"), target);
        return target;
    }

    private string HuggingFaceDirectory(bool sharded = false)
    {
        var checkpoint = new TemporaryFolder();
        models.Add(checkpoint);
        HuggingFaceMusicGen.Write(checkpoint, sharded);
        return checkpoint.Path;
    }

    private string HuggingFaceCodecDirectory()
    {
        using var scope = NewDisposeScope();
        using var codec = AudioCraftCheckpoint.OpenCompressionModel(Golden.Directory("audiogen_tiny_checkpoint"));
        var target = NewDirectory();
        SafetensorsWriter.Write(Path.Combine(target, "model.safetensors"), codec.Weights.Tensors.Keys.ToDictionary(name => HuggingFaceEncodec.Renamed(name), name => codec.Weights.Read(name)));
        File.WriteAllBytes(Path.Combine(target, "config.json"), JsonSerializer.SerializeToUtf8Bytes(HuggingFaceEncodec.Config(EncodecConfigReader.Read(codec.Config))));
        return target;
    }

    private FuzzTarget Ecdc(string name, bool usesLanguageModel)
    {
        const string golden = "encodec_original_24k";
        var model = OriginalEncodecFixture.Load(golden);
        models.Add(model);
        var options = new EcdcOptions { ModelName = OriginalEncodecFixture.ModelNameOf(golden) };
        if (usesLanguageModel)
        {
            var languageModel = OriginalEncodecFixture.LoadLanguageModel(golden);
            models.Add(languageModel);
            options = options with { LanguageModel = languageModel };
        }

        using var audio = randn([1, 2400], generator: new Generator(1)).mul_(0.1f);
        byte[][] seeds = [.. usesLanguageModel ? [] : Files(golden, "*.ecdc"), EcdcFile.CompressToArray(model, audio, model.SampleRate, options)];
        return new(name, seeds, input =>
        {
            // A file can state hours of audio in a few bytes: the first second shows whether it is decoded.
            var samples = 0L;
            foreach (var chunk in EcdcFile.DecompressStream(model, new MemoryStream(input), options))
            {
                samples += chunk.size(-1);
                chunk.Dispose();
                if (samples > model.SampleRate)
                {
                    break;
                }
            }
        });
    }

    private FuzzTarget Hub(string name, byte[] seed, Func<byte[], HubAnswers> answers) => new(name, [seed], input =>
    {
        using var client = new HttpClient(answers(input));
        var cache = NewDirectory();
        try
        {
            var options = new PretrainedOptions { HttpClient = client, CacheDirectory = cache, Offline = false, Token = "", Endpoint = new("http://127.0.0.1:9") };
            _ = new LoadContext(options, null, default) { Timings = new() { Attempts = 2, Wait = (_, _) => Task.CompletedTask } }.Fetcher.Find("org/model", ModelKind.Compression);
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    });
}
