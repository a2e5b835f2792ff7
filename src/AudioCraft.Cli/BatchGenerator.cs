using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using AudioCraft.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli;

/// <summary>Generates prompts in batches and writes the files of each batch before the next starts. Shared by the commands generate and continue.</summary>
internal sealed class BatchGenerator
{
    private readonly Option<int> together = new("--batch") { Description = "Prompts per batch; the files of a batch are written when it is complete", DefaultValueFactory = _ => 4 };
    private readonly ModelOptions model;
    private readonly SamplingOptions sampling;
    private readonly OutputOptions sound;

    /// <summary>Generates one batch: [B, C, T].</summary>
    public delegate Task<Tensor> GenerateBatch(
        BaseGenModel model, IReadOnlyList<string> prompts, GenerationParams parameters, IProgress<GenerationProgress> progress, CancellationToken cancellationToken);

    public BatchGenerator(Command command)
    {
        sound = new OutputOptions(command);
        model = new ModelOptions(command, "The model");
        sampling = new SamplingOptions(command);
        command.Add(together);
    }

    /// <summary>Generates and writes all files, and prints the result.</summary>
    /// <param name="shell">The input and output.</param>
    /// <param name="line">The command line.</param>
    /// <param name="json">Whether the result is printed as JSON.</param>
    /// <param name="prompts">The texts; empty for unconditional generation.</param>
    /// <param name="titles">The titles, from which file names are derived.</param>
    /// <param name="start">Returns the length of the prompt audio in seconds, once the model is loaded.</param>
    /// <param name="generate">Generates a batch.</param>
    /// <param name="cancellationToken">Checked between decoding steps.</param>
    public async Task<int> RunAsync(
        Shell shell, ParseResult line, bool json, IReadOnlyList<string> prompts, IReadOnlyList<string> titles, Func<BaseGenModel, double> start, GenerateBatch generate, CancellationToken cancellationToken)
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
            using var loaded = await GenerativeModels.LoadAsync(name, model.Read(line), bars, cancellationToken).ConfigureAwait(false);
            var seconds = watch.Elapsed.TotalSeconds;
            var parameters = sampling.Apply(line, loaded.GenerationParams, start(loaded));
            AudioWriter.CheckFormats(places.Paths, loaded.SampleRate, loaded.AudioChannels);
            var sounds = await GenerateAllAsync(loaded, parameters, prompts, titles, places, size, sampling.Seed(line), sound.Writer(line), generate, bars, cancellationToken).ConfigureAwait(false);
            return new GenerationResult(
                name, $"{loaded.Device}", loaded.SampleRate, loaded.AudioChannels, Math.Round(seconds, 3), Math.Round(watch.Elapsed.TotalSeconds, 3), sounds);
        }).ConfigureAwait(false);
        shell.Result(json, result, GenerationResult.Lines);
        return ExitCode.Success;
    }

    /// <summary>A seed for each prompt: the given one, plus 1 for each repetition of a prompt, so that no result is generated twice. A prompt alone with its seed gives the same result.</summary>
    public static long[] Seeds(long seed, IReadOnlyList<string> prompts)
    {
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        return [.. prompts.Select(prompt => unchecked(seed + (seen[prompt] = seen.TryGetValue(prompt, out var before) ? before + 1 : 0)))];
    }

    private static async Task<SoundResult[]> GenerateAllAsync(
        BaseGenModel model, GenerationParams parameters, IReadOnlyList<string> prompts, IReadOnlyList<string> titles, OutputPaths places, int size, long seed, AudioWriter writer, GenerateBatch generate, Bars bars, CancellationToken cancellationToken)
    {
        var (seeds, all) = (Seeds(seed, prompts), Enumerable.Range(0, prompts.Count).ToList());
        var results = new SoundResult[prompts.Count];
        foreach (var done in all.Where(places.IsDone))
        {
            results[done] = new SoundResult(prompts[done], places.Paths[done], null, null, null, Skipped: true);
        }

        var groups = all.Where(i => !places.IsDone(i)).Chunk(size).ToList();
        for (var call = 0; call < groups.Count; call++)
        {
            var group = groups[call];
            var progress = bars.Steps(prompts.Count == 1 ? "Generating" : $"Generating {prompts.Count} files", call, groups.Count);
            using var wavs = await generate(model, [.. group.Select(i => prompts[i])], parameters with { ItemSeeds = [.. group.Select(i => seeds[i])] }, progress, cancellationToken).ConfigureAwait(false);
            foreach (var (row, i) in group.Index())
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var wav = wavs[row];
                var picture = writer.Write(places.Paths[i], wav, model.SampleRate, titles[i]);
                results[i] = new SoundResult(prompts[i], places.Paths[i], picture, seeds[i], (double)wav.size(-1) / model.SampleRate);
            }
        }

        return results;
    }
}

/// <summary>The result of a generation.</summary>
internal sealed record GenerationResult(
    string Model, string Device, int SampleRate, int Channels, double LoadSeconds, double ElapsedSeconds, IReadOnlyList<SoundResult> Sounds)
{
    public static IEnumerable<string> Lines(GenerationResult result) =>
    [
        .. result.Sounds.Select(s => s.Skipped
            ? $"{s.Path}  exists, skipped"
            : string.Create(CultureInfo.InvariantCulture, $"{s.Path}  {s.Seconds:0.00} s, {result.SampleRate} Hz, seed {s.Seed}{(s.Picture is null ? "" : $", {s.Picture}")}")),
        string.Create(CultureInfo.InvariantCulture, $"{result.Sounds.Count(s => !s.Skipped)} file(s) generated by {result.Model} on {result.Device} in {result.ElapsedSeconds:0.0} s, including {result.LoadSeconds:0.0} s to load the model"),
    ];
}

/// <summary>One generated file.</summary>
internal sealed record SoundResult(string Prompt, string Path, string? Picture, long? Seed, double? Seconds, bool Skipped = false);
