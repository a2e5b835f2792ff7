using AudioCraft.Cli.Coding;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Tests;

/// <summary>Encoding to .safetensors.</summary>
public sealed class CodesTests
{
    private const int Seconds = 21;

    [Fact]
    public void Long_audio_is_encoded_in_pieces_with_the_codes_of_one_call()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var codec = CompressionModel.GetPretrained("audiogen-tiny", CPU);
        var wav = Tone(codec.SampleRate);
        var reports = new Fractions();
        var path = folder.File("codes.safetensors");
        var before = Tensor.TotalCount;
        CodecFiles.Write(codec, 3, wav, codec.SampleRate, path, null, reports, CancellationToken.None);
        Assert.Equal(before, Tensor.TotalCount);
        Assert.Equal([0, 5.0 / Seconds, 10.0 / Seconds, 15.0 / Seconds, 20.0 / Seconds, 1], reports.Values);
        using var file = AudioCraft.Checkpoints.SafetensorsFile.Open(path);
        using var codes = file.Read("codes");
        var whole = codec.Encode(wav.unsqueeze(0), 3).Codes.to(ScalarType.Int32);
        Assert.Equal(whole.shape, codes.shape);
        Assert.InRange(codes.ne(whole).sum().item<long>(), 0, codes.numel() / 500);
    }

    [Fact]
    public void Encoding_is_canceled_between_pieces_and_writes_no_file()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var codec = CompressionModel.GetPretrained("audiogen-tiny", CPU);
        using var cancel = new CancellationTokenSource();
        var wav = Tone(codec.SampleRate);
        var reports = new Fractions { At = value => { if (value > 0) { cancel.Cancel(); } } };
        var path = folder.File("codes.safetensors");
        Assert.ThrowsAny<OperationCanceledException>(() => CodecFiles.Write(codec, 4, wav, codec.SampleRate, path, null, reports, cancel.Token));
        Assert.Equal(2, reports.Values.Count);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Warnings_about_a_wav_header_are_printed()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var path = folder.File("pipe.wav");
        AudioFile.Write(path, Tone(16000).narrow(1, 0, 16000), 16000);
        var bytes = File.ReadAllBytes(path);
        var data = bytes.AsSpan().IndexOf("data"u8);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(data + 4), 0x7FFFF000); // as a writer to a pipe leaves it
        File.WriteAllBytes(path, bytes);
        foreach (var command in new[] { new[] { "encode", path, "-o", folder.File("x.ecdc") }, ["encode", path, "-o", folder.File("x.safetensors")], ["continue", path, "rain", "-d", "1.1", "-o", folder.File("x.wav")] })
        {
            var run = Tool.Run(command).SucceededWithNotes();
            Assert.Contains("pipe.wav", run.Error, StringComparison.Ordinal);
        }
    }

    private static Tensor Tone(int rate) => (arange(0, rate * Seconds, dtype: ScalarType.Float32) * 0.2).sin().unsqueeze(0) * 0.5;

    private sealed class Fractions : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public Action<double> At { get; init; } = _ => { };

        public void Report(double value)
        {
            Values.Add(value);
            At(value);
        }
    }
}
