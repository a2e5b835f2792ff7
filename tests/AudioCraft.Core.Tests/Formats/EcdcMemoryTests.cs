using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Codecs;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Formats;

/// <summary>Memory use of long .ecdc files, as measured by the kernel.</summary>
[Collection(ProcessWideState.Name)]
[Trait("Category", "Slow")]
public class EcdcMemoryTests(ITestOutputHelper output)
{
    [LinuxTheory]
    [InlineData("encodec_original_24k", 6)]
    [InlineData("encodec_original_48k", 16)]
    public void Memory_use_does_not_grow_with_the_duration(string name, int minutes)
    {
        using var model = OriginalEncodecFixture.Load(name);
        using var folder = new TemporaryFolder();
        var path = folder.File("long.ecdc");
        var options = new EcdcOptions { ModelName = OriginalEncodecFixture.ModelNameOf(name) };
        var audioBytes = 60L * minutes * model.SampleRate * model.Channels * sizeof(float);
        var limit = audioBytes / 2;
        _ = Measure(5); // loads libtorch's own pages
        var (writing, reading) = Measure(60 * minutes);
        output.WriteLine($"peak in kB: {writing >> 10} writing, {reading >> 10} reading; the audio itself {audioBytes >> 10}");
        Assert.True(writing <= limit, $"Writing used {writing} bytes.");
        Assert.True(reading <= limit, $"Reading used {reading} bytes.");
        Assert.True(audioBytes > 30 << 20, "The audio is too short for the comparison.");

        (long Written, long Read) Measure(int seconds)
        {
            var samples = (long)seconds * model.SampleRate;
            var written = ResidentMemory.PeakOf(() => EcdcFile.Compress(model, Sound(model, seconds), samples, path, options), limit);
            var decoded = 0L;
            var read = ResidentMemory.PeakOf(() =>
            {
                decoded = 0;
                foreach (var chunk in EcdcFile.DecompressStream(model, path, options))
                {
                    decoded += chunk.size(1);
                    chunk.Dispose();
                }
            }, limit);
            Assert.Equal(samples, decoded);
            return (written, read);
        }
    }

    private static IEnumerable<Tensor> Sound(EncodecModel model, int seconds)
    {
        using var generator = new Generator(11);
        for (var second = 0; second < seconds; second++)
        {
            using var chunk = randn([model.Channels, model.SampleRate], generator: generator);
            yield return chunk;
        }
    }
}
