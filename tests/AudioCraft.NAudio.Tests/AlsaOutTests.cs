using System.Runtime.Versioning;
using AudioCraft.NAudio.Alsa;
using NAudio.Wave;

namespace AudioCraft.NAudio.Tests;

[SupportedOSPlatform("linux")]
public class AlsaOutTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [AlsaFact]
    public void Integers_and_floats_are_played_to_their_end_and_again()
    {
        foreach (var format in new[] { new WaveFormat(24000, 16, 2), new WaveFormat(44100, 24, 1), WaveFormat.CreateIeeeFloatWaveFormat(48000, 2) })
        {
            using var source = new RawSourceWaveStream(new MemoryStream(new byte[format.AverageBytesPerSecond / 10 / format.BlockAlign * format.BlockAlign]), format);
            using var player = new AlsaOut("null", latencyMilliseconds: 50);
            using var stopped = new ManualResetEventSlim();
            Exception? failure = null;
            player.PlaybackStopped += (_, arguments) =>
            {
                failure = arguments.Exception;
                stopped.Set();
            };
            player.Init(source);
            Assert.Equal((format.SampleRate, format.Channels), (player.OutputWaveFormat.SampleRate, player.OutputWaveFormat.Channels));
            for (var i = 0; i < 2; i++)
            {
                source.Position = 0;
                stopped.Reset();
                player.Play();
                Assert.True(stopped.Wait(Limit));
                Assert.Null(failure);
                Assert.Equal(source.Length, source.Position);
                Assert.Equal(PlaybackState.Stopped, player.PlaybackState);
            }
        }
    }

    [AlsaFact]
    public void Disposing_while_another_thread_plays_is_safe()
    {
        for (var round = 0; round < 20; round++)
        {
            var player = new AlsaOut("null", latencyMilliseconds: 50);
            player.Init(new RawSourceWaveStream(new MemoryStream(new byte[4 * 48_000]), new WaveFormat(48_000, 16, 2)));
            var playing = Task.Run(() =>
            {
                while (true)
                {
                    player.Play();
                    _ = player.CurrentLatency;
                }
            });
            player.Dispose();
            Assert.IsType<ObjectDisposedException>(Assert.Throws<AggregateException>(playing.Wait).InnerException);
        }
    }

    [AlsaFact]
    public void Pausing_stops_reading_and_playing_continues()
    {
        var source = new Silence();
        using var player = new AlsaOut("null");
        player.Init(source.ToWaveProvider());
        player.Play();
        Assert.True(SpinWait.SpinUntil(() => source.Reads > 10, Limit));
        player.Pause();
        Assert.Equal(PlaybackState.Paused, player.PlaybackState);
        Assert.Equal(player.AverageLatency, player.CurrentLatency);

        // At most the read that was in progress.
        var reads = source.Reads;
        Thread.Sleep(50);
        Assert.InRange(source.Reads, reads, reads + 1);
        player.Play();
        Assert.True(SpinWait.SpinUntil(() => source.Reads > reads + 10, Limit));
        player.Stop();
        Assert.Equal(PlaybackState.Stopped, player.PlaybackState);
    }

    [AlsaFact]
    public void Pausing_and_playing_again_at_any_time_does_not_fail()
    {
        var source = new Silence();
        using var player = new AlsaOut("null");
        Exception? failure = null;
        player.PlaybackStopped += (_, arguments) => failure = arguments.Exception;
        player.Init(source.ToWaveProvider());
        for (var i = 0; i < 2000; i++)
        {
            player.Play();
            player.Pause();
        }

        var reads = source.Reads;
        player.Play();
        Assert.True(SpinWait.SpinUntil(() => source.Reads > reads + 10, Limit));
        player.Stop();
        Assert.Null(failure);
    }

    [AlsaFact]
    public void PlaybackStopped_handler_can_play_stop_and_dispose()
    {
        var source = new Silence();
        var player = new AlsaOut("null");
        using var done = new ManualResetEventSlim();
        var stops = 0;
        player.PlaybackStopped += (_, _) =>
        {
            if (Interlocked.Increment(ref stops) == 1)
            {
                player.Play();
                player.Stop();
                player.Dispose();
                done.Set();
            }
        };
        player.Init(source.ToWaveProvider());
        player.Play();
        player.Stop();
        Assert.True(done.Wait(Limit));
        Assert.Equal(2, stops);
        Assert.Throws<ObjectDisposedException>(player.Play);
    }

    [AlsaFact]
    public void Exception_of_the_source_is_passed_to_PlaybackStopped()
    {
        using var player = new AlsaOut("null");
        using var stopped = new ManualResetEventSlim();
        Exception? failure = null;
        player.PlaybackStopped += (_, arguments) =>
        {
            failure = arguments.Exception;
            stopped.Set();
        };
        player.Init(new Silence { FailsAt = 3 }.ToWaveProvider());
        player.Play();
        Assert.True(stopped.Wait(Limit));
        Assert.Equal("the source failed", Assert.IsType<InvalidOperationException>(failure).Message);
    }

    [AlsaFact]
    public void Misuse_is_reported()
    {
        Assert.Throws<ArgumentException>(() => new AlsaOut(""));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AlsaOut("null", 1));
        Assert.Contains("no-such-device", Assert.Throws<AudioCraftException>(() => new AlsaOut("no-such-device")).Message, StringComparison.Ordinal);
        using var player = new AlsaOut("null");
        Assert.Throws<InvalidOperationException>(player.Play);
        Assert.Throws<InvalidOperationException>(() => player.OutputWaveFormat);
        Assert.Throws<ArgumentOutOfRangeException>(() => player.Volume = 1.5f);
        player.Volume = 0.5f;
        Assert.Equal(0.5f, player.Volume);
        player.Init(new Silence().ToWaveProvider());
        Assert.Throws<InvalidOperationException>(() => player.Init(new Silence().ToWaveProvider()));
        player.Dispose();
        player.Dispose();
        Assert.Throws<ObjectDisposedException>(() => player.Init(new Silence().ToWaveProvider()));
    }

    [AlsaFact]
    public void Missing_device_prints_nothing_to_the_standard_error_stream()
    {
        using var folder = new AudioCraft.Tests.Checkpoints.TemporaryFolder();
        var path = folder.File("stderr.txt");
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
        {
            var original = Duplicate(2);
            Assert.Equal(2, Duplicate((int)file.SafeFileHandle.DangerousGetHandle(), 2));
            try
            {
                Assert.Throws<AudioCraftException>(() => new AlsaOut("no-such-device"));
                Assert.Throws<AudioCraftException>(() => new AlsaOut("hw:77"));
            }
            finally
            {
                Assert.Equal(2, Duplicate(original, 2));
                _ = Close(original);
            }
        }

        Assert.DoesNotContain("ALSA", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "dup")]
    private static extern int Duplicate(int descriptor);

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "dup2")]
    private static extern int Duplicate(int descriptor, int target);

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);

    private sealed class Silence : ISampleProvider
    {
        private int reads;

        public int Reads => Volatile.Read(ref reads);

        public int FailsAt { get; init; } = int.MaxValue;

        public WaveFormat WaveFormat { get; } = WaveFormat.CreateIeeeFloatWaveFormat(48000, 2);

        public int Read(Span<float> buffer)
        {
            if (Interlocked.Increment(ref reads) >= FailsAt)
            {
                throw new InvalidOperationException("the source failed");
            }

            buffer.Clear();
            return buffer.Length;
        }
    }
}
