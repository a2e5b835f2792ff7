using System.Diagnostics;

namespace SynthSounds;

/// <summary>One line that is written over: how many, how fast, how long still.</summary>
internal sealed class ProgressLine(int count, Stopwatch watch) : IProgress<int>
{
    public void Report(int value)
    {
        if (value % 50 == 0 || value == count)
        {
            var rate = value / Math.Max(1e-3, watch.Elapsed.TotalSeconds);
            Console.Write($"\r{value} of {count}, {rate:f0} a second, {(count - value) / rate:f0} s to go   ");
        }
    }
}
