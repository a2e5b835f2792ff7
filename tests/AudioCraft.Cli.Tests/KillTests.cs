using System.Diagnostics;
using System.Globalization;
using System.Text;
using AudioCraft.Tests.Checkpoints;
using AudioCraft.Tests.Hub;

namespace AudioCraft.Cli.Tests;

/// <summary>Processes that are killed (SIGKILL) during their work, and the same command afterwards.</summary>
[Trait("Category", "Slow")]
public sealed class KillTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Killed_download_is_not_complete_and_resumes()
    {
        using var cdn = new LocalHub();
        using var hub = new LocalHub { Elsewhere = cdn };
        using var release = new ManualResetEventSlim();
        var weights = new byte[300_000];
        new Random(1).NextBytes(weights);
        var half = weights.Length / 2;
        hub.Add("org/codec", ("config.json", """{"model_type": "encodec"}"""u8.ToArray()), ("model.safetensors", weights));
        cdn.Misbehave = request => release.IsSet ? null
            : request.Headers.ContainsKey("range") ? Wait(release)
            : new HubResponse(200, weights) { CutAfter = half };
        var environment = new Dictionary<string, string?> { ["HF_ENDPOINT"] = hub.Address.ToString(), ["HF_HOME"] = folder.Path, ["HF_HUB_CACHE"] = null, ["HF_HUB_OFFLINE"] = null };
        using (var download = Tool.Start(environment, ["download", "org/codec"]))
        {
            // The first half has arrived, the second is requested.
            await UntilAsync(download, () => cdn.Requests.Any(request => request.Headers.ContainsKey("range")));
            await KillAsync(download);
        }

        release.Set();
        var repository = folder.File("hub/models--org--codec");
        var blob = Path.Combine(repository, "blobs", LocalHub.Sha256(weights));
        Assert.False(File.Exists(blob));
        Assert.False(File.Exists(Path.Combine(repository, "snapshots", LocalHub.Commit, "model.safetensors")));
        Assert.Equal(weights[..half], await File.ReadAllBytesAsync(blob + ".incomplete"));

        var before = cdn.Requests.Count;
        (await Tool.ProcessAsync(environment, "download", "org/codec")).SucceededWithNotes();
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(repository, "snapshots", LocalHub.Commit, "model.safetensors")));
        Assert.Contains(cdn.Requests.Skip(before), request => request.Headers.TryGetValue("range", out var range) && range.StartsWith(string.Create(CultureInfo.InvariantCulture, $"bytes={half}-"), StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(repository, "*.incomplete", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Killed_conversion_leaves_no_directory_and_can_be_repeated()
    {
        var (source, target) = (LargeCheckpoint(), folder.File("converted"));
        using (var convert = Tool.Start(null, ["convert", source, target]))
        {
            await UntilAsync(convert, () => Directory.Exists(folder.File(".converted.partial")) && new DirectoryInfo(folder.File(".converted.partial")).EnumerateFiles().Any(file => file.Length > 0));
            await KillAsync(convert);
        }

        Assert.False(Directory.Exists(target));
        (await Tool.ProcessAsync(null, "convert", source, target)).Succeeded();
        Assert.Equal(["config.json", "model.safetensors"], Directory.GetFiles(target).Select(Path.GetFileName).Order());
        Assert.Equal(new FileInfo(Path.Combine(source, "model.safetensors")).Length, new FileInfo(Path.Combine(target, "model.safetensors")).Length);
        Assert.Equal([target, source], Directory.GetFileSystemEntries(folder.Path).Order());
    }

    [Fact]
    public async Task Killed_batch_leaves_complete_files_and_can_be_continued()
    {
        var place = folder.File("sounds/");
        string[] args = ["generate", "rain", "wind", "siren", "-d", "4", "--batch", "1", "--seed", "3", "--existing", "skip", "-o", place, "--png"];
        using (var generate = Tool.Start(null, args))
        {
            await UntilAsync(generate, () => File.Exists(place + "rain.wav"));
            await KillAsync(generate);
        }

        var whole = Directory.GetFiles(place, "*.wav");
        Assert.DoesNotContain(place + "siren.wav", whole);
        Assert.All(whole, path => Assert.Equal(64000, AudioFile.Info(path).Frames));
        var first = await File.ReadAllBytesAsync(place + "rain.wav");

        var again = (await Tool.ProcessAsync(null, args)).Succeeded();
        Assert.Contains("rain.wav  exists, skipped", again.Out, StringComparison.Ordinal);
        Assert.Equal(first, await File.ReadAllBytesAsync(place + "rain.wav"));
        Assert.Equal(["rain.png", "rain.wav", "siren.png", "siren.wav", "wind.png", "wind.wav"], Directory.GetFiles(place).Select(Path.GetFileName).Order());
        Assert.All(Directory.GetFiles(place, "*.wav"), path => Assert.Equal(64000, AudioFile.Info(path).Frames));
    }

    [Fact]
    public async Task Sigterm_ends_with_code_130_and_leaves_no_files()
    {
        var path = folder.File("sounds/long.wav");
        using var generate = Tool.Start(null, ["generate", "rain", "-d", "110", "-o", path]);
        await UntilAsync(generate, () => generate.TotalProcessorTime > TimeSpan.FromSeconds(2));
        using (var kill = Process.Start("kill", ["-TERM", generate.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        var run = await Tool.EndAsync(generate);
        Assert.Contains("Canceled", run.FailedWith(ExitCode.Canceled), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static HubResponse Wait(ManualResetEventSlim release)
    {
        release.Wait(Patience);
        return new HubResponse(503, []);
    }

    /// <summary>Creates a codec whose weights take a while to copy: a sparse file of zeros.</summary>
    private string LargeCheckpoint()
    {
        const int tensors = 96, count = 1 << 20;
        var entries = Enumerable.Range(0, tensors).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"t{i}\":{{\"dtype\":\"F32\",\"shape\":[{count}],\"data_offsets\":[{4L * count * i},{4L * count * (i + 1)}]}}"));
        var header = Encoding.ASCII.GetBytes("{\"__metadata__\":{\"format\":\"pt\"}," + string.Join(',', entries) + "}");
        Array.Resize(ref header, (header.Length + 7) / 8 * 8);
        header.AsSpan(header.AsSpan().LastIndexOf((byte)'}') + 1).Fill((byte)' ');
        folder.Write("source/config.json", """{"model_type": "encodec"}"""u8);
        using var file = File.Create(folder.File("source/model.safetensors"));
        file.Write(BitConverter.GetBytes((long)header.Length));
        file.Write(header);
        file.SetLength(file.Position + (4L * count * tensors));
        return folder.File("source");
    }

    private static async Task UntilAsync(Process process, Func<bool> isSo)
    {
        var watch = Stopwatch.StartNew();
        while (!isSo())
        {
            if (process.HasExited)
            {
                var run = await Tool.EndAsync(process);
                Assert.Fail($"The process ended with {run.Code} before it could be killed: {run.Error}{run.Out}");
            }

            Assert.True(watch.Elapsed < Patience, "What was waited for did not come.");
            await Task.Delay(1);
        }
    }

    private static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        Assert.NotEqual(ExitCode.Success, process.ExitCode);
    }
}
