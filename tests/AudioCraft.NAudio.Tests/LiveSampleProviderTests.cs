using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AudioCraft.Tests;
using NAudio.Wave;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.NAudio.Tests;

/// <summary>The test controls the source of chunks through a channel, without delays.</summary>
public sealed class LiveSampleProviderTests : IDisposable
{
    private const int Rate = 1000;
    private readonly Channel<AudioChunk> source = Channel.CreateUnbounded<AudioChunk>();
    private int given;
    private long start;

    public void Dispose()
    {
        while (source.Reader.TryRead(out var chunk))
        {
            chunk.Dispose();
        }
    }

    [Fact]
    public async Task Chunks_are_played_in_order_until_the_end()
    {
        Give(300, 1);
        Give(300, 2);
        source.Writer.Complete();
        await using var live = Live();
        await live.Completion;

        var samples = new float[1000];
        Assert.Equal(600, live.Read(samples));
        Assert.All(samples[..300], x => Assert.Equal(1, x));
        Assert.All(samples[300..600], x => Assert.Equal(2, x));
        Assert.Equal(0, live.Read(samples));
        Assert.Equal((0, TimeSpan.FromSeconds(0.6)), (live.Underruns, live.Played));
    }

    [Fact]
    public async Task Playback_returns_silence_until_enough_is_buffered()
    {
        await using var live = Live(new LiveOptions { StartThreshold = TimeSpan.FromSeconds(0.2) });
        var samples = new float[100];
        Assert.Equal(100, live.Playback.Read(samples));
        Assert.All(samples, x => Assert.Equal(0, x));
        Assert.Equal(0, live.Underruns);

        Give(250, 1);
        await Until(() => live.Buffered.TotalSeconds >= 0.25);
        Assert.Equal(1, Next(live.Playback, 200)[199]);
        var dry = Next(live.Playback, 100);
        Assert.Equal((1f, 0f, 1), (dry[49], dry[50], live.Underruns));

        Give(100, 2);
        await Until(() => live.Buffered.TotalSeconds >= 0.1);
        Assert.Equal(0, Next(live.Playback, 50)[0]);
        Give(100, 2);
        await Until(() => live.Buffered.TotalSeconds >= 0.2);
        Assert.Equal(2, Next(live.Playback, 50)[0]);
        Assert.Equal(1, live.Underruns);
    }

    [Fact]
    public async Task Source_waits_while_the_buffer_is_full()
    {
        await using var live = new LiveSampleProvider(Endless(), Rate, 1, new LiveOptions { MaxBuffered = TimeSpan.FromSeconds(1) });
        await Until(() => live.Buffered.TotalSeconds >= 1);
        var before = Volatile.Read(ref given);
        Assert.Equal(10, before);
        _ = Next(live, 350);
        await Until(() => live.Buffered.TotalSeconds >= 1);
        Assert.Equal(14, Volatile.Read(ref given));
    }

    [Fact]
    public async Task Cancellation_ends_playback_and_generation()
    {
        using var cancel = new CancellationTokenSource();
        await using var live = new LiveSampleProvider(Endless(), Rate, 1, null, cancel.Token);
        await Until(() => live.Buffered > TimeSpan.Zero);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => live.Completion);
        Assert.Equal(0, live.Playback.Read(new float[100]));
        Assert.ThrowsAny<OperationCanceledException>(() => live.Read(new float[100]));
    }

    [Fact]
    public async Task Samples_of_a_completed_source_can_be_read_after_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        Give(100, 1);
        source.Writer.Complete();
        await using var live = new LiveSampleProvider(source.Reader.ReadAllAsync(), Rate, 1, null, cancel.Token);
        await live.Completion;
        await cancel.CancelAsync();
        Assert.All(Next(live, 100), sample => Assert.Equal(1, sample));
        Assert.Equal(0, live.Read(new float[100]));
        await live.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => live.Read(new float[100]));
    }

    [Fact]
    public async Task Samples_before_an_error_can_be_read_after_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        Give(100, 1);
        source.Writer.Complete(new AudioCraftException("the model broke"));
        await using var live = new LiveSampleProvider(source.Reader.ReadAllAsync(), Rate, 1, null, cancel.Token);
        await Assert.ThrowsAsync<AudioCraftException>(() => live.Completion);
        await cancel.CancelAsync();
        Assert.Equal(100, live.Read(new float[200]));
        Assert.Equal("the model broke", Assert.Throws<AudioCraftException>(() => live.Read(new float[200])).Message);
    }

    [Fact]
    public async Task Exception_of_the_source_is_thrown_after_its_samples()
    {
        Give(100, 1);
        source.Writer.Complete(new AudioCraftException("the model broke"));
        await using var live = Live();
        await Assert.ThrowsAsync<AudioCraftException>(() => live.Completion);
        Assert.Equal(100, live.Read(new float[200]));
        Assert.Equal("the model broke", Assert.Throws<AudioCraftException>(() => live.Read(new float[200])).Message);
    }

    [Fact]
    public async Task Chunks_of_several_items_or_other_channels_are_rejected()
    {
        source.Writer.TryWrite(new AudioChunk(zeros(2, 10), 0));
        await using var live = Live();
        await Assert.ThrowsAsync<InvalidOperationException>(() => live.Completion);

        await using var several = new LiveSampleProvider(One(new AudioChunk(zeros(1, 10), 0, Item: 1)), Rate, 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => several.Completion);
    }

    [Fact]
    public void Early_disposal_leaves_no_native_memory()
    {
        LiveTensors.NoneLeft(() =>
        {
            var live = new LiveSampleProvider(Endless(), Rate, 1, new LiveOptions { MaxBuffered = TimeSpan.FromSeconds(1) });
            Assert.True(SpinWait.SpinUntil(() => live.Buffered.TotalSeconds >= 1, TimeSpan.FromSeconds(60)));
            live.Dispose();
            live.Dispose();
            Assert.Equal(0, live.Playback.Read(new float[10]));
            Assert.Throws<ObjectDisposedException>(() => live.Read(new float[10]));
        });
    }

    [Fact]
    public async Task Model_output_is_played_while_it_is_generated()
    {
        using var model = AudioGen.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU);
        model.SetGenerationParams(duration: 1);
        await using var live = model.GenerateLive("a dog barks");
        var (wav, rate) = live.ToTensor();
        using (wav)
        {
            Assert.Equal(model.SampleRate, rate);
            Assert.Equal(new long[] { model.AudioChannels, model.SampleRate }, wav.shape);
        }
    }

    [Fact]
    public async Task Read_waits_for_the_source_and_ends_with_its_last_sample()
    {
        await using var live = Live(new LiveOptions { MaxBuffered = TimeSpan.FromSeconds(0.1), StartThreshold = TimeSpan.Zero });
        var reading = Task.Run(() => live.ToTensor());
        for (var i = 1; i <= 20; i++)
        {
            Give(70, i);
            await Task.Yield();
        }

        source.Writer.Complete();
        using var wav = (await reading.WaitAsync(Limit)).Wav;
        Assert.Equal([1, 1400], wav.shape);
        Assert.Equal(Enumerable.Range(1, 20).SelectMany(i => Enumerable.Repeat((float)i, 70)), wav.data<float>().ToArray());
        Assert.Equal((TimeSpan.Zero, 0, 0), (live.Silence, live.Underruns, live.Read(new float[10])));
    }

    [Fact]
    public async Task WaveFileWriter_writes_a_live_source_to_its_end()
    {
        Give(300, 0.25f);
        await using var live = Live();
        using var folder = new AudioCraft.Tests.Checkpoints.TemporaryFolder();
        var writing = Task.Run(() => WaveFileWriter.CreateWaveFile16(folder.File("live.wav"), live));
        Give(300, 0.5f);
        source.Writer.Complete();
        await writing.WaitAsync(Limit);
        using var wav = AudioFile.Read(folder.File("live.wav")).Wav;
        Assert.Equal([1, 600], wav.shape);
        Assert.Equal(0.25 * 300 + 0.5 * 300, wav.sum().item<float>(), 0.1);
    }

    [Fact]
    public async Task Read_returns_fewer_samples_than_requested_only_at_the_end()
    {
        await using var live = Live();
        var samples = new float[250];
        var reading = Task.Run(() => live.Read(samples));
        for (var i = 0; i < 3; i++)
        {
            Give(100, 1);
        }

        Assert.Equal(250, await reading.WaitAsync(Limit));
        source.Writer.Complete();
        Assert.Equal(50, live.Read(samples));
        Assert.Equal(0, live.Read(samples));
    }

    [Fact]
    public async Task Exception_of_the_source_ends_a_waiting_read()
    {
        await using var live = Live();
        var reading = Task.Run(() => live.Read(new float[100]));
        source.Writer.Complete(new AudioCraftException("the model broke"));
        Assert.Equal("the model broke", (await Assert.ThrowsAsync<AudioCraftException>(() => reading.WaitAsync(Limit))).Message);
        Assert.Equal("the model broke", Assert.Throws<AudioCraftException>(() => live.Playback.Read(new float[100])).Message);
    }

    [Fact]
    public async Task Cancellation_ends_a_waiting_read()
    {
        using var cancel = new CancellationTokenSource();
        await using var live = new LiveSampleProvider(source.Reader.ReadAllAsync(), Rate, 1, null, cancel.Token);
        var reading = Task.Run(() => live.Read(new float[100]));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Limit));
    }

    [Fact]
    public async Task Disposal_ends_a_waiting_read()
    {
        var live = Live();
        var reading = Task.Run(() => live.Read(new float[100]));
        await Task.Delay(20);
        live.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading.WaitAsync(Limit));
    }

    [Fact]
    public async Task Provider_can_be_disposed_in_a_callback_of_its_source()
    {
        LiveSampleProvider? live = null;
        using var ready = new ManualResetEventSlim();
        live = new LiveSampleProvider(DisposesItself(), Rate, 1);
        ready.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => live.Completion.WaitAsync(Limit));
        Assert.Throws<ObjectDisposedException>(() => live.Read(new float[1]));

        async IAsyncEnumerable<AudioChunk> DisposesItself([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            ready.Wait(Limit, CancellationToken.None);
            live!.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            yield break;
        }
    }

    [Fact]
    public async Task Playback_ends_after_the_last_sample()
    {
        await using var live = Live(new LiveOptions { StartThreshold = TimeSpan.FromSeconds(0.2) });
        Give(100, 1);
        await Until(() => live.Buffered.TotalSeconds >= 0.1);
        Assert.All(Next(live.Playback, 50), x => Assert.Equal(0, x));
        source.Writer.Complete();
        await live.Completion;
        var samples = new float[150];
        Assert.Equal(100, live.Playback.Read(samples));
        Assert.All(samples[..100], x => Assert.Equal(1, x));
        Assert.Equal(0, live.Playback.Read(samples));
    }

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static float[] Next(ISampleProvider live, int count)
    {
        var samples = new float[count];
        Assert.Equal(count, live.Read(samples));
        return samples;
    }

    private static async Task Until(Func<bool> condition)
    {
        for (var i = 0; i < 6000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition());
    }

    private static async IAsyncEnumerable<AudioChunk> One(AudioChunk chunk)
    {
        await Task.Yield();
        yield return chunk;
    }

    private LiveSampleProvider Live(LiveOptions? options = null) => new(source.Reader.ReadAllAsync(), Rate, 1, options);

    private void Give(int frames, float value)
    {
        Assert.True(source.Writer.TryWrite(new AudioChunk(full([1, frames], value), start)));
        start += frames;
    }

    private async IAsyncEnumerable<AudioChunk> Endless([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            Interlocked.Increment(ref given);
            yield return new AudioChunk(ones(1, 100), 0);
        }
    }
}
