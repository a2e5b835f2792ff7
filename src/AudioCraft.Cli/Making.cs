using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using AudioCraft.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli;

/// <summary>What generating and continuing have in common: a model makes sounds in groups, and each group's files are written before the next is begun.</summary>
internal sealed class Making
{
    private readonly Option<int> together = new("--batch") { Description = "Sounds that are made together; their files are written when they are done", DefaultValueFactory = _ => 4 };
    private readonly ModelOptions model;
    private readonly SamplingOptions sampling;
    private readonly SoundOptions sound;

    /// <summary>Makes the sounds of one group: [B, C, T].</summary>
    public delegate Task<Tensor> Make(
        BaseGenModel model, IReadOnlyList<string> prompts, GenerationParams parameters, IProgress<GenerationProgress> progress, CancellationToken ct);

    public Making(Command command)
    {
        sound = new SoundOptions(command);
        model = new ModelOptions(command, "The model");
        sampling = new SamplingOptions(command);
        command.Add(together);
    }

    /// <summary>Makes and writes all sounds, and tells the result.</summary>
    /// <param name="shell">Where it speaks.</param>
    /// <param name="line">The command line.</param>
    /// <param name="json">Whether the result is told as JSON.</param>
    /// <param name="prompts">What to hear, one sound each; may be empty texts.</param>
    /// <param name="titles">What the sounds are called.</param>
    /// <param name="start">Seconds of a sound that is gone on from, told when the model is there.</param>
    /// <param name="make">Makes a group.</param>
    /// <param name="ct">Ends it between steps.</param>
    public async Task<int> RunAsync(
        Shell shell, ParseResult line, bool json, IReadOnlyList<string> prompts, IReadOnlyList<string> titles, Func<BaseGenModel, double> start, Make make, CancellationToken ct)
    {
        var (size, places) = (line.GetValue(together), sound.Places(line, titles));
        if (size < 1)
        {
            throw new UsageException($"--batch takes 1 or more, not {size}.");
        }

        var result = await Bars.RunAsync(shell, async bars =>
        {
            var watch = Stopwatch.StartNew();
            var name = model.Name(line)!;
            using var loaded = await Generation.LoadAsync(name, model.Read(line), bars, ct).ConfigureAwait(false);
            var seconds = watch.Elapsed.TotalSeconds;
            var parameters = sampling.Apply(line, loaded.GenerationParams, start(loaded));
            SoundWriter.CheckFormats(places.Paths, loaded.SampleRate, loaded.AudioChannels);
            var sounds = await MakeAllAsync(loaded, parameters, prompts, titles, places, size, sampling.Seed(line), sound.Writer(line), make, bars, ct).ConfigureAwait(false);
            return new GenerationResult(
                name, $"{loaded.Device}", loaded.SampleRate, loaded.AudioChannels, Math.Round(seconds, 3), Math.Round(watch.Elapsed.TotalSeconds, 3), sounds);
        }).ConfigureAwait(false);
        shell.Result(json, result, GenerationResult.Lines);
        return ExitCode.Success;
    }

    private static async Task<SoundResult[]> MakeAllAsync(
        BaseGenModel model, GenerationParams parameters, IReadOnlyList<string> prompts, IReadOnlyList<string> titles, SoundPlaces places, int size, long seed, SoundWriter writer, Make make, Bars bars, CancellationToken ct)
    {
        var (seeds, all) = (Generation.Seeds(seed, prompts), Enumerable.Range(0, prompts.Count).ToList());
        var results = new SoundResult[prompts.Count];
        foreach (var done in all.Where(places.IsDone))
        {
            results[done] = new SoundResult(prompts[done], places.Paths[done], null, null, null, Skipped: true);
        }

        var groups = all.Where(i => !places.IsDone(i)).Chunk(size).ToList();
        for (var call = 0; call < groups.Count; call++)
        {
            var group = groups[call];
            var progress = bars.Steps(prompts.Count == 1 ? "Generating" : $"Generating {prompts.Count} sounds", call, groups.Count);
            using var wavs = await make(model, [.. group.Select(i => prompts[i])], parameters with { ItemSeeds = [.. group.Select(i => seeds[i])] }, progress, ct).ConfigureAwait(false);
            foreach (var (row, i) in group.Index())
            {
                ct.ThrowIfCancellationRequested();
                using var wav = wavs[row];
                var picture = writer.Write(places.Paths[i], wav, model.SampleRate, titles[i]);
                results[i] = new SoundResult(prompts[i], places.Paths[i], picture, seeds[i], (double)wav.size(-1) / model.SampleRate);
            }
        }

        return results;
    }
}

/// <summary>What was made.</summary>
internal sealed record GenerationResult(
    string Model, string Device, int SampleRate, int Channels, double LoadSeconds, double ElapsedSeconds, IReadOnlyList<SoundResult> Sounds)
{
    public static IEnumerable<string> Lines(GenerationResult result) =>
    [
        .. result.Sounds.Select(s => s.Skipped
            ? $"{s.Path}  was there"
            : string.Create(CultureInfo.InvariantCulture, $"{s.Path}  {s.Seconds:0.00} s, {result.SampleRate} Hz, seed {s.Seed}{(s.Picture is null ? "" : $", {s.Picture}")}")),
        string.Create(CultureInfo.InvariantCulture, $"{result.Sounds.Count(s => !s.Skipped)} sound(s) by {result.Model} on {result.Device} in {result.ElapsedSeconds:0.0} s, {result.LoadSeconds:0.0} s of them for loading"),
    ];
}

/// <summary>One sound of it.</summary>
internal sealed record SoundResult(string Prompt, string Path, string? Picture, long? Seed, double? Seconds, bool Skipped = false);
