using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace AudioCraft.Hosting.Tests;

/// <summary>
/// In a model's place where a test says when a step is done: each takes one of <see cref="Steps"/>' permits. A sound is its seed, over and over; 1000 samples are a second.
/// </summary>
internal sealed class StandInGenerator : LoadedGenerator
{
    public const int StepCount = 5;
    public const int Rate = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A permit for each step that may be done.</summary>
    public SemaphoreSlim Steps { get; } = new(0);

    /// <summary>Released when a batch begins.</summary>
    public SemaphoreSlim Begun { get; } = new(0);

    /// <summary>What was made, in order.</summary>
    public ConcurrentQueue<GenerationBatch> Batches { get; } = new();

    /// <summary>May refuse a batch.</summary>
    public Action<GenerationBatch> Check { get; set; } = _ => { };

    public int MostTogether { get; set; } = int.MaxValue;

    public int Cancelled { get; private set; }

    public int ChunksMade { get; private set; }

    public int Disposed { get; private set; }

    public override SoundModelInfo Info { get; } = new("stand-in", "cpu", Rate, 1, 50, 4, 4, 1024, 10, new GenerationParams { Duration = 1 });

    public override CompressionModel Codec => throw new NotSupportedException();

    /// <summary>Work that tests give does not look at it.</summary>
    public override BaseGenModel Model => null!;

    public override GenerationParams Defaults => Info.Defaults!;

    /// <summary>From now on steps are done at once.</summary>
    public StandInGenerator Run()
    {
        Steps.Release(1_000_000);
        return this;
    }

    /// <summary>Waits until a batch has begun.</summary>
    public async Task BegunAsync() => Assert.True(await Begun.WaitAsync(Patience));

    public override int ItemsTogether(GenerationParams parameters, int items) => Math.Min(items, MostTogether);

    public override Tensor Generate(GenerationBatch batch, IProgress<GenerationProgress> progress, CancellationToken cancellationToken)
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
                ChunksMade++;
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
        Assert.True(Steps.Wait(Patience, CancellationToken.None));
        progress.Report(new GenerationProgress(step, StepCount));
        if (cancellationToken.IsCancellationRequested)
        {
            Cancelled++;
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
