using AudioCraft.Tests;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio.Tests;

public class ProviderTests
{
    [Fact]
    public void Tensor_to_stream_round_trip()
    {
        using var wav = NAudioFileTests.Tones(2);
        var stream = wav.ToWaveStream(24000);
        Assert.Equal(TimeSpan.FromSeconds(0.5), stream.TotalTime);
        Assert.Equal(WaveFormat.CreateIeeeFloatWaveFormat(24000, 2), stream.WaveFormat);

        var (back, rate) = stream.ToTensor();
        using (back)
        {
            Assert.Equal(24000, rate);
            Exactly.Equal(wav, back);
        }
    }

    [Fact]
    public void Stream_is_positioned_in_whole_frames()
    {
        using var wav = NAudioFileTests.Tones(2);
        var stream = wav.ToWaveStream(24000);
        stream.Position = (8 * 100) + 3;
        Assert.Equal(800, stream.Position);
        var frame = new float[2];
        Assert.Equal(2, stream.Read(frame.AsSpan()));
        Assert.Equal(wav[1, 100].item<float>(), frame[1]);
        stream.Seek(0, SeekOrigin.End);
        Assert.Equal(0, stream.Read(frame.AsSpan()));
    }

    [Fact]
    public void Provider_bytes_match_its_floats()
    {
        using var wav = NAudioFileTests.Tones(1);
        using var back = wav.ToSampleProvider(24000).ToWaveProvider().ToTensor().Wav;
        Exactly.Equal(wav, back);
    }

    [Fact]
    public void Endless_source_throws()
    {
        LiveTensors.NoneLeft(() => Assert.Throws<InvalidOperationException>(() => new Endless().ToTensor(100_000)));
    }

    [Fact]
    public void Conversions_leave_only_the_result_in_native_memory()
    {
        using var wav = NAudioFileTests.Tones(2);
        LiveTensors.Left(1, () => _ = wav.ToSampleProvider(24000).ToTensor().Wav.shape);
    }

    private sealed class Endless : ISampleProvider
    {
        public WaveFormat WaveFormat { get; } = WaveFormat.CreateIeeeFloatWaveFormat(24000, 2);

        public int Read(Span<float> buffer)
        {
            buffer.Clear();
            return buffer.Length;
        }
    }
}
