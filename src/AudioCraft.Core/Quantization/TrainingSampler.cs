using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Quantization;

/// <summary>
/// The random choices of training. They use a CPU generator with upstream's calls in upstream's order, so that a seed gives upstream's results.
/// </summary>
internal class TrainingSampler
{
    /// <summary>Source of random numbers; libtorch's default generator when null.</summary>
    public Generator? Generator { get; set; }

    /// <summary>Samples the number of codebooks of a step uniformly from 1 to <paramref name="most"/>.</summary>
    public virtual int SampleNumCodebooks(int most)
    {
        using var count = randint(1L, most + 1L, [1L], ScalarType.Int64, generator: Generator);
        return (int)count.item<long>();
    }

    /// <summary>Samples indices below <paramref name="population"/>, int64 on the CPU, without replacement unless <paramref name="count"/> is larger.</summary>
    public virtual Tensor Choose(long population, long count)
    {
        if (population < count)
        {
            return randint(0L, population, [count], ScalarType.Int64, generator: Generator);
        }

        using var order = randperm(population, ScalarType.Int64, generator: Generator);
        return order.narrow(0, 0, count).clone();
    }
}
