using AudioCraft.NAudio.SoundFile;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio.Tests;

/// <summary>Channels are in the order of WAV files, whatever the order in the file.</summary>
public sealed class ChannelOrderTests
{
    private const int Rate = 48000, Frames = 24000;

    // The positions of the channels in the Vorbis I specification, section 4.3.9, and where WAV files have them.
    public static TheoryData<int, int[]> Orders() => new()
    {
        { 1, [0] },
        { 2, [0, 1] },
        { 3, [0, 2, 1] }, // L C R
        { 4, [0, 1, 2, 3] },
        { 5, [0, 2, 1, 3, 4] }, // L C R RL RR
        { 6, [0, 2, 1, 4, 5, 3] }, // L C R RL RR LFE
        { 7, [0, 2, 1, 5, 6, 4, 3] }, // L C R SL SR RC LFE
        { 8, [0, 2, 1, 6, 7, 4, 5, 3] }, // L C R SL SR RL RR LFE
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public void Vorbis_and_opus_are_read_in_wav_order(int channels, int[] wavIndices)
    {
        for (var i = 0; i < channels; i++)
        {
            var (vorbis, opus) = (Raw(LibSndFile.OggVorbis, channels, i), Raw(LibSndFile.OggOpus, channels, i));
            Assert.Equal(wavIndices[i], LoudestChannel(Read(vorbis)));
            Assert.Equal(wavIndices[i], LoudestChannel(Read(opus)));
            if (channels <= 2)
            {
                Assert.Equal(wavIndices[i], LoudestChannel(WithoutLibSndFile(() => Read(vorbis))));
            }
            else
            {
                var error = Assert.Throws<AudioCraftException>(() => WithoutLibSndFile(() => Read(vorbis)));
                Assert.Contains($"{channels} channels", error.Message, StringComparison.Ordinal);
                Assert.Contains("libsndfile", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(SoundFormat.OggVorbis)]
    [InlineData(SoundFormat.Opus)]
    [InlineData(SoundFormat.Flac)]
    public void Written_channels_are_read_at_the_same_index(SoundFormat format)
    {
        for (var channels = 1; channels <= 8; channels++)
        {
            for (var i = 0; i < channels; i++)
            {
                using var scope = NewDisposeScope();
                var wav = zeros(channels, Frames);
                wav[i] = (arange(0, Frames, dtype: ScalarType.Float32) * (2 * Math.PI * 60 / Rate)).sin() * 0.3;
                var stream = new MemoryStream();
                NAudioFile.Write(stream, format, wav, Rate);
                Assert.Equal(i, LoudestChannel(Read(stream.ToArray())));
            }
        }
    }

    [Fact]
    public void Center_of_a_surround_file_is_in_the_mono_downmix_and_the_low_frequencies_are_not()
    {
        foreach (var format in new[] { LibSndFile.OggVorbis, LibSndFile.OggOpus })
        {
            Assert.InRange(MonoPeak(Raw(format, 6, 1)), 0.05f, 0.3f);
            Assert.InRange(MonoPeak(Raw(format, 6, 5)), 0, 0.01f);
        }
    }

    [Fact]
    public void Seeking_in_a_surround_file_keeps_the_order()
    {
        var file = Raw(LibSndFile.OggVorbis, 6, 1);
        using var reader = new SoundFileReader(new MemoryStream(file));
        reader.Position = 5000L * reader.WaveFormat.BlockAlign;
        var samples = new float[6 * 4000];
        Assert.Equal(samples.Length, reader.Read(samples.AsSpan()));
        Assert.Equal(2, Array.IndexOf(samples, samples.Max()) % 6);
    }

    [Fact]
    public void Sorted_order_follows_the_bits_of_the_mask()
    {
        Assert.Null(ChannelOrder.Sorted([ChannelMask.FrontLeft, ChannelMask.FrontRight, ChannelMask.FrontCenter]));
        var order = ChannelOrder.Sorted([ChannelMask.FrontCenter, ChannelMask.LowFrequency, ChannelMask.FrontLeft])!;
        float[] frames = [1, 2, 3, 4, 5, 6];
        ChannelOrder.Apply(order, frames);
        Assert.Equal([3, 1, 2, 6, 4, 5], frames);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Ambisonic_opus_is_mixed_down_from_the_omnidirectional_channel(byte family)
    {
        for (var channel = 0; channel < 4; channel++)
        {
            // libsndfile writes four channels with mapping family 1; the stream is the same.
            var file = Raw(LibSndFile.OggOpus, 4, channel);
            file[file.AsSpan().IndexOf("OpusHead"u8) + 18] = family;
            MissingLibraryTests.RepairOggChecksums(file);
            if (family == 3)
            {
                // Its header has a matrix in place of the table of channels, which libsndfile may reject.
                var error = Record.Exception(() => MonoPeak(file));
                Assert.True(error is null or AudioFormatException, $"{error}");
                continue;
            }

            Assert.InRange(MonoPeak(file), channel == 0 ? 0.25f : 0, channel == 0 ? 0.35f : 0.01f);
        }
    }

    private static Tensor Read(byte[] file) => NAudioFile.Read(new MemoryStream(file)).Wav;

    private static T WithoutLibSndFile<T>(Func<T> read)
    {
        AppContext.SetSwitch(NativeLibraries.DisableSwitch, true);
        try
        {
            return read();
        }
        finally
        {
            AppContext.SetSwitch(NativeLibraries.DisableSwitch, false);
        }
    }

    private static float MonoPeak(byte[] file)
    {
        using var scope = NewDisposeScope();
        return NAudioFile.Read(new MemoryStream(file), new AudioReadOptions { Channels = 1 }).Wav.abs().max().item<float>();
    }

    private static int LoudestChannel(Tensor wav)
    {
        using var scope = NewDisposeScope();
        using (wav)
        {
            return (int)wav.square().sum(1).argmax().item<long>();
        }
    }

    /// <summary>A file with a tone in one channel, in the order of the file: libsndfile does not reorder channels. The tone is low enough for the channel of low frequencies.</summary>
    private static byte[] Raw(int format, int channels, int channel)
    {
        var info = new LibSndFile.Info { SampleRate = Rate, Channels = channels, Format = format };
        using var stream = new MemoryStream();
        using (var file = new NativeSoundFile(stream, "The stream", LibSndFile.Write, ref info))
        {
            const int Block = 1000;
            var samples = new float[Block * channels];
            for (var start = 0; start < Frames; start += Block)
            {
                for (var i = 0; i < Block; i++)
                {
                    samples[(i * channels) + channel] = 0.3f * MathF.Sin(2 * MathF.PI * 60 * (start + i) / Rate);
                }

                file.WriteFrames(samples, Block);
            }
        }

        return stream.ToArray();
    }
}
