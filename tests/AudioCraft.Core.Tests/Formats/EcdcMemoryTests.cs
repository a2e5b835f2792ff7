using System.Globalization;
using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Codecs;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

/// <summary>Memory use of long .ecdc files, as measured by the kernel.</summary>
public class EcdcMemoryTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("encodec_original_24k", 6)]
    [InlineData("encodec_original_48k", 16)]
    public void Memory_use_does_not_grow_with_the_duration(string name, int minutes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // the measure is Linux's /proc
        }

        using var model = OriginalEncodecFixture.Load(name);
        using var folder = new TemporaryFolder();
        var path = folder.File("long.ecdc");
        var options = new EcdcOptions { ModelName = OriginalEncodecFixture.ModelNameOf(name) };
        Both(5); // the pages of libtorch itself come with its first use
        var (shortIn, shortOut) = Both(30);
        var (longIn, longOut) = Both(60 * minutes);
        var sound = 60L * minutes * model.SampleRate * model.Channels * sizeof(float);
        output.WriteLine($"peak in kB: half a minute {shortIn >> 10} in, {shortOut >> 10} out; {minutes} minutes {longIn >> 10} in, {longOut >> 10} out; the sound itself {sound >> 10}");
        Assert.True(longIn <= Math.Max(0, shortIn) + (12 << 20), $"Writing took {longIn} bytes.");
        Assert.True(longOut <= Math.Max(0, shortOut) + (12 << 20), $"Reading took {longOut} bytes.");
        Assert.True(sound > 24 << 20, "The sound is too short to show anything.");

        (long In, long Out) Both(int seconds)
        {
            var samples = (long)seconds * model.SampleRate;
            var peakIn = Peak(() => EcdcFile.Compress(model, Sound(model, seconds), samples, path, options));
            var came = 0L;
            var peakOut = Peak(() =>
            {
                foreach (var piece in EcdcFile.DecompressStream(model, path, options))
                {
                    came += piece.size(1);
                    piece.Dispose();
                }
            });
            Assert.Equal(samples, came);
            return (peakIn, peakOut);
        }
    }

    private static IEnumerable<Tensor> Sound(EncodecModel model, int seconds)
    {
        using var generator = new Generator(11);
        for (var second = 0; second < seconds; second++)
        {
            using var piece = randn([model.Channels, model.SampleRate], generator: generator);
            yield return piece;
        }
    }

    private static long Peak(Action action)
    {
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5"); // the high-water mark starts again from here
        var before = Status("VmRSS");
        action();
        return Status("VmHWM") - before;
    }

    private static long Status(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(field.Length + 1, line.Length - field.Length - 4).Trim(), CultureInfo.InvariantCulture) << 10;
    }
}
