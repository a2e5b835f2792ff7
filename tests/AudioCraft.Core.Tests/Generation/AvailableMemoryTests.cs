using AudioCraft.Generation;
using TorchSharp;

namespace AudioCraft.Tests.Generation;

/// <summary>The free memory, from which the default of <see cref="BaseGenModel.MemoryLimit"/> follows.</summary>
public class AvailableMemoryTests
{
    private const long Gibibyte = 1L << 30;

    private static readonly string[] Lines = ["MemTotal:       32000000 kB", "MemFree:          500000 kB", "MemAvailable:    2097152 kB"];

    [Fact]
    public void Available_memory_is_read_and_capped_by_the_limit_of_the_container()
    {
        Assert.Equal(2 * Gibibyte, AvailableMemory.Reported(Lines, long.MaxValue));
        Assert.Equal(Gibibyte, AvailableMemory.Reported(Lines, Gibibyte));
        Assert.Null(AvailableMemory.Reported(Lines[..2], Gibibyte));
        Assert.Null(AvailableMemory.Reported(["MemAvailable:"], Gibibyte));
    }

    [Fact]
    public void Default_limit_is_half_of_the_available_memory()
    {
        // Other processes change the figure between the two calls.
        var half = AvailableMemory.Bytes() / 2;
        Assert.InRange(GenerationMemory.DefaultLimit(torch.CPU), Gibibyte, Math.Max(Gibibyte, half + (half / 2)));
        Assert.InRange(AvailableMemory.Bytes(), 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }
}
