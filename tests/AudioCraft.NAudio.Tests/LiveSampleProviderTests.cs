using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AudioCraft.Tests;
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

        var heard = new float[1000];
        Assert.Equal(600, live.Read(heard));
        Assert.All(heard[..300], x => Assert.Equal(1, x));
        Assert.All(heard[300..600], x => Assert.Equal(2, x));
        Assert.Equal(0, live.Read(heard));
        Assert.Equal((0, TimeSpan.FromSeconds(0.6)), (live.Underruns, live.Heard));
    }

    [Fact]
    public async Task Underrun_returns_silence_until_enough_is_buffered()
    {
        await using var live = Live(new LiveOptions { BeforeStart = TimeSpan.FromSeconds(0.2) });
        var heard = new float[100];
        Assert.Equal(100, live.Read(heard));
        Assert.All(heard, x => Assert.Equal(0, x));
        Assert.Equal(0, live.Underruns);

        Give(250, 1);
        await Until(() => live.Waiting.TotalSeconds >= 0.25);
        Assert.Equal(1, Next(live, 200)[199]);
        var dry = Next(live, 100);
        Assert.Equal((1f, 0f, 1), (dry[49], dry[50], live.Underruns));

        Give(100, 2);
        await Until(() => live.Waiting.TotalSeconds >= 0.1);
        Assert.Equal(0, Next(live, 50)[0]);
        Give(100, 2);
        await Until(() => live.Waiting.TotalSeconds >= 0.2);
        Assert.Equal(2, Next(live, 50)[0]);
        Assert.Equal(1, live.Underruns);
    }

    [Fact]
    public async Task Source_waits_while_the_buffer_is_full()
    {
        await using var live = new LiveSampleProvider(Endless(), Rate, 1, new LiveOptions { Ahead = TimeSpan.FromSeconds(1) });
        await Until(() => live.Waiting.TotalSeconds >= 1);
        var before = Volatile.Read(ref given);
        Assert.Equal(10, before);
        _ = Next(live, 350);
        await Until(() => live.Waiting.TotalSeconds >= 1);
        Assert.Equal(14, Volatile.Read(ref given));
    }

    [Fact]
    public async Task Cancellation_ends_playback_and_generation()
    {
        using var cancel = new CancellationTokenSource();
        await using var live = new LiveSampleProvider(Endless(), Rate, 1, null, cancel.Token);
        await Until(() => live.Waiting > TimeSpan.Zero);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => live.Completion);
        Assert.Equal(0, live.Read(new float[100]));
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
            var live = new LiveSampleProvider(Endless(), Rate, 1, new LiveOptions { Ahead = TimeSpan.FromSeconds(1) });
            Assert.True(SpinWait.SpinUntil(() => live.Waiting.TotalSeconds >= 1, TimeSpan.FromSeconds(60)));
            live.Dispose();
            live.Dispose();
            Assert.Equal(0, live.Read(new float[10]));
        });
    }

    [Fact]
    public async Task Model_output_is_played_while_it_is_generated()
    {
        using var model = AudioGen.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU);
        model.SetGenerationParams(duration: 1);
        await using var live = model.GenerateLive("a dog barks");
        await live.Completion;
        var (wav, rate) = live.ToTensor();
        using (wav)
        {
            Assert.Equal(model.SampleRate, rate);
            Assert.Equal(new long[] { model.AudioChannels, model.SampleRate }, wav.shape);
        }
    }

    private static float[] Next(LiveSampleProvider live, int count)
    {
        var heard = new float[count];
        Assert.Equal(count, live.Read(heard));
        return heard;
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
