using AudioCraft.Quantization;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Quantization;

/// <summary>A sampler that returns recorded samples in order.</summary>
internal sealed class RecordedSampler : TrainingSampler
{
    private readonly Queue<long[]> choices = new();

    /// <summary>The number of remaining samples.</summary>
    public int Left => choices.Count;

    public void Add(Tensor indices) => choices.Enqueue(indices.data<long>().ToArray());

    public override Tensor Choose(long population, long count)
    {
        var next = choices.Dequeue();
        Assert.Equal(count, next.Length);
        Assert.All(next, index => Assert.InRange(index, 0, population - 1));
        return tensor(next);
    }
}
