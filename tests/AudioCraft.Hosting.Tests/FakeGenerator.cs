using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace AudioCraft.Hosting.Tests;

/// <summary>
/// A model whose steps are controlled by the test: each step takes a permit of <see cref="Steps"/>. Every sample of an item is its seed; the sample rate is 1000 Hz.
/// </summary>
internal sealed class FakeGenerator : LoadedGenerator
{
    public const int StepCount = 5;
    public const int Rate = 1000;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>One permit per decoding step.</summary>
    public SemaphoreSlim Steps { get; } = new(0);

    /// <summary>Released when a batch starts.</summary>
    public SemaphoreSlim Begun { get; } = new(0);

    /// <summary>The batches in order.</summary>
    public ConcurrentQueue<GenerationBatch> Batches { get; } = new();

    /// <summary>Can throw to fail a batch.</summary>
    public Action<GenerationBatch> Check { get; set; } = _ => { };

    public int MaxBatch { get; set; } = int.MaxValue;

    public int Canceled { get; private set; }

    public int ChunkCount { get; private set; }

    public int Disposed { get; private set; }

    public override SoundModelInfo Info { get; } = new("fake", "cpu", Rate, 1, 50, 4, 4, 1024, 10, new GenerationParams { Duration = 1 });

    /// <summary>Not used by tests.</summary>
    public override CompressionModel Codec => null!;

    /// <summary>Not used by tests.</summary>
    public override BaseGenModel Model => null!;

    public override GenerationParams Defaults => Info.Defaults!;

    /// <summary>Lets all further steps run.</summary>
    public FakeGenerator Run()
    {
        Steps.Release(1_000_000);
        return this;
    }

    /// <summary>Waits until a batch has started.</summary>
    public async Task BegunAsync() => Assert.True(await Begun.WaitAsync(Timeout));

    public override int ItemsTogether(GenerationParams parameters, int items) => Math.Min(items, MaxBatch);

    public override Task<Tensor> GenerateAsync(GenerationBatch batch, IProgress<GenerationProgress> progress, CancellationToken cancellationToken) =>
        Task.Run(() => Generate(batch, progress, cancellationToken), CancellationToken.None);

    private Tensor Generate(GenerationBatch batch, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        Begin(batch);
        for (var step = 1; step <= StepCount; step++)
        {
            Step(step, progress, cancellationToken);
        }

        using var seeds = tensor(batch.Parameters.ItemSeeds!.Select(seed => (float)seed).ToArray());
        using var column = seeds.reshape(-1, 1, 1);
        using var wide = column.expand(-1, 1, Frames(batch));
        return wide.clone();
    }

    public override async IAsyncEnumerable<AudioChunk> Stream(
        GenerationBatch batch, double chunkSeconds, IProgress<GenerationProgress> progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Begin(batch);
        var frames = Frames(batch) / StepCount;
        for (var step = 1; step <= StepCount; step++)
        {
            await Task.Run(() => Step(step, progress, cancellationToken), CancellationToken.None);
            for (var item = 0; item < batch.Descriptions.Count; item++)
            {
                ChunkCount++;
                yield return new AudioChunk(full([1, frames], (float)batch.Parameters.ItemSeeds![item]), (step - 1) * frames, item);
            }
        }
    }

    public override void Dispose() => Disposed++;

    private static long Frames(GenerationBatch batch) => (long)(batch.Parameters.Duration * Rate);

    private void Begin(GenerationBatch batch)
    {
        Batches.Enqueue(batch);
        Begun.Release();
        Check(batch);
    }

    private void Step(int step, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
    {
        Assert.True(Steps.Wait(Timeout, CancellationToken.None));
        progress.Report(new GenerationProgress(step, StepCount));
        if (cancellationToken.IsCancellationRequested)
        {
            Canceled++;
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
