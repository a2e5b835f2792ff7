using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Quantization;

/// <summary>
/// The random choices that training makes. They come from a generator of the CPU, in upstream's order and by its means, so that a seed gives what it gives upstream.
/// </summary>
internal class TrainingSampler
{
    /// <summary>Where random numbers come from; libtorch's own generator when null.</summary>
    public Generator? Generator { get; set; }

    /// <summary>How many codebooks a step uses: 1 to <paramref name="most"/>, each as likely.</summary>
    public virtual int SampleNumCodebooks(int most)
    {
        using var count = randint(1L, most + 1L, [1L], ScalarType.Int64, generator: Generator);
        return (int)count.item<long>();
    }

    /// <summary>So many indices below <paramref name="population"/>, int64 on the CPU: different ones, unless there are not enough.</summary>
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
