using System.Diagnostics;
using System.Security.Cryptography;

namespace AudioCraft.Fuzz;

/// <summary>An input that a reader handled wrongly.</summary>
internal sealed record FuzzFailure(string Target, byte[] Input, string Reason)
{
    public string FileName => $"{Target}-{Convert.ToHexStringLower(SHA256.HashData(Input))[..8]}.bin";
}

/// <summary>The result of a run.</summary>
internal sealed record FuzzResult(long Inputs, long Accepted, TimeSpan Slowest, long LargestAllocation, IReadOnlyList<FuzzFailure> Failures);

/// <summary>Runs a target on mutated inputs. A failure is an exception of another type than <see cref="AudioCraftException"/>, too much memory, or tensors left alive.</summary>
internal sealed class FuzzRun(FuzzTarget target, int seed)
{
    /// <summary>Managed bytes that an input may allocate in all: a fixed part for buffers and models, and a multiple of the input.</summary>
    private const long FixedBytes = 96L << 20;
    private const int BytesPerInputByte = 256;

    private readonly Mutator mutator = new(seed);
    private readonly Random random = new(seed);
    private readonly List<FuzzFailure> failures = [];
    private readonly HashSet<string> reasons = [];
    private TimeSpan slowest;
    private long accepted, largest;

    /// <summary>Runs until <paramref name="goOn"/> is false for the number of inputs so far.</summary>
    public FuzzResult Run(Func<long, bool> goOn)
    {
        var inputs = 0L;
        foreach (var input in target.Seeds)
        {
            Try(input);
        }

        var before = LiveTensors.Count();
        for (; goOn(inputs); inputs++)
        {
            Try(mutator.Mutate(target.Seeds[random.Next(target.Seeds.Count)], target.Seeds[random.Next(target.Seeds.Count)]));
        }

        var left = LiveTensors.Count() - before;
        if (left > 0 && !target.BuildsModels)
        {
            failures.Add(new(target.Name, [], $"{left} native tensors are still alive after {inputs} inputs."));
        }

        return new(inputs, accepted, slowest, largest, failures);
    }

    /// <summary>Reads one input; returns why it failed, or null.</summary>
    public string? Try(byte[] input)
    {
        var watch = Stopwatch.StartNew();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        string? reason = null;
        try
        {
            target.Read(input);
            accepted++;
        }
        catch (AudioCraftException)
        {
            // The expected exception for a damaged input.
        }
#pragma warning disable CA1031 // every other exception is a finding
        catch (Exception error)
        {
            reason = error.ToString();
        }
#pragma warning restore CA1031

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        slowest = watch.Elapsed > slowest ? watch.Elapsed : slowest;
        largest = Math.Max(largest, allocated);
        if (reason is null && allocated > FixedBytes + ((long)BytesPerInputByte * input.Length))
        {
            reason = $"{allocated} bytes were allocated for an input of {input.Length} bytes.";
        }

        if (reason is not null && reasons.Add(Where(reason)))
        {
            failures.Add(new(target.Name, input, reason));
        }

        return reason;
    }

    /// <summary>The location of the failure, so that each is reported once.</summary>
    private static string Where(string reason)
    {
        var lines = reason.Split('\n');
        return lines.Length > 1 ? string.Concat(lines.Where(line => line.Contains("   at ", StringComparison.Ordinal)).Take(3)) : "allocation";
    }
}
