using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

/// <summary>Several calls of one model, and its disposal during a call.</summary>
[Collection(ProcessWideState.Name)]
public class ModelGateTests
{
    [Fact]
    public void Disposing_the_model_in_a_progress_callback_ends_the_call()
    {
        var model = AudioGenTests.Load();
        var steps = 0;
        Assert.Throws<ObjectDisposedException>(() => model.Generate("rain", new GenerationParams { Duration = 3 }, new Callback(_ =>
        {
            steps++;
            model.Dispose();
        })));
        Assert.Equal(1, steps);
        Assert.Throws<ObjectDisposedException>(() => model.Generate("rain"));
    }

    [Fact]
    public void Weights_are_freed_when_the_running_call_ends()
    {
        LiveTensors.NoneLeftOfModules(() =>
        {
            var model = AudioGenTests.Load();
            Assert.Throws<ObjectDisposedException>(() => model.Generate("rain", progress: new Callback(_ => model.Dispose())));
        });
    }

    [Fact]
    public async Task Disposing_on_another_thread_ends_running_and_waiting_calls()
    {
        var model = AudioGenTests.Load();
        var parameters = new GenerationParams { Duration = 60, ExtendStride = 1 };
        var started = new TaskCompletionSource();
        var calls = Enumerable.Range(0, 4).Select(_ => model.GenerateAsync("rain", parameters, new Callback(_ => started.TrySetResult()))).ToList();
        await started.Task;

        model.Dispose();

        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => call.WaitAsync(TimeSpan.FromSeconds(60)));
        }
    }

    [Fact]
    public void Generating_in_a_progress_callback_of_the_same_model_throws()
    {
        using var model = AudioGenTests.Load();
        var error = Assert.Throws<InvalidOperationException>(() =>
            model.Generate("rain", new GenerationParams { Duration = 0.2 }, new Callback(_ => model.Generate("wind").Dispose())));
        Assert.Contains("progress callback", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_call_can_be_canceled_and_holds_no_thread()
    {
        using var model = AudioGenTests.Load();
        var (started, release) = (new TaskCompletionSource(), new ManualResetEventSlim());
        var running = model.GenerateAsync("rain", new GenerationParams { Duration = 0.2 }, new Callback(_ =>
        {
            started.TrySetResult();
            release.Wait();
        }));
        await started.Task;
        var threads = ThreadPool.ThreadCount;
        using var cancel = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 200).Select(_ => model.GenerateAsync("wind", new GenerationParams { Duration = 0.1 }, cancellationToken: cancel.Token)).ToList();

        Assert.All(waiting, call => Assert.False(call.IsCompleted));
        Assert.InRange(ThreadPool.ThreadCount, 1, threads + 8);
        await cancel.CancelAsync();
        foreach (var call in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromSeconds(60)));
        }

        Assert.False(running.IsCompleted);
        release.Set();
        using var result = await running;
        Assert.Equal(3200, result.size(2));
    }

    [Fact]
    public async Task Concurrent_calls_use_their_own_parameters()
    {
        using var model = AudioGenTests.Load();
        var calls = Enumerable.Range(1, 6).Select(i => model.GenerateAsync("rain", new GenerationParams { Duration = 0.1 * i, Seed = i })).ToList();
        for (var i = 1; i <= calls.Count; i++)
        {
            using var audio = await calls[i - 1];
            using var alone = model.Generate("rain", new GenerationParams { Duration = 0.1 * i, Seed = i });
            Near.Equal(alone, audio, 0);
        }
    }

    private sealed class Callback(Action<GenerationProgress> receive) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => receive(value);
    }
}
