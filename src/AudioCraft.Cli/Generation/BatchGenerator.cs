using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using AudioCraft.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Cli.Generation;

/// <summary>Generates prompts in batches and writes the files of each batch before the next starts. Shared by the commands generate and continue.</summary>
internal sealed class BatchGenerator
{
    private const int DefaultBatch = 4;

    private readonly Option<int?> batch = NumberOption.Whole(["--batch"], "number", $"Prompts per batch; the files of a batch are written when it is complete [{DefaultBatch}]", 1, 10_000);
    private readonly Option<bool> isLongAllowed = new("--long") { Description = "Start even if the work takes more than about an hour" };
    private readonly ModelOptions model;
    private readonly SamplingOptions sampling;
    private readonly OutputOptions output;

    /// <summary>Generates one batch: [B, C, T].</summary>
    public delegate Task<Tensor> GenerateBatch(
        BaseGenModel model, IReadOnlyList<string> prompts, GenerationParams parameters, IProgress<GenerationProgress> progress, CancellationToken cancellationToken);

    /// <param name="command">The command.</param>
    /// <param name="continues">Whether the audio starts with a recording.</param>
    public BatchGenerator(Command command, bool continues = false)
    {
        output = new OutputOptions(command);
        model = new ModelOptions(command, "The model");
        sampling = new SamplingOptions(command, continues);
        command.Add(batch);
        command.Add(isLongAllowed);
    }

    /// <summary>The files and their writer, checked before the computation.</summary>
    /// <inheritdoc cref="OutputOptions.Prepare"/>
    public (OutputPaths Paths, AudioWriter Writer) Prepare(ParseResult line, ToolConsole console, IReadOnlyList<string> titles) => output.Prepare(line, console, titles);

    /// <summary>Generates and writes all files, and prints the result.</summary>
    /// <param name="console">The input and output.</param>
    /// <param name="line">The command line.</param>
    /// <param name="prompts">The texts; empty for unconditional generation.</param>
    /// <param name="titles">The titles, from which file names are derived.</param>
    /// <param name="destination">From <see cref="Prepare"/>.</param>
    /// <param name="start">Reads the recording that each result begins with, for the loaded model, and returns its length in seconds.</param>
    /// <param name="generate">Generates a batch. The duration of its parameters is without the recording.</param>
    /// <param name="cancellationToken">Checked between decoding steps.</param>
    public async Task<int> RunAsync(
        ToolConsole console, ParseResult line, IReadOnlyList<string> prompts, IReadOnlyList<string> titles, (OutputPaths Paths, AudioWriter Writer) destination, Func<BaseGenModel, double> start, GenerateBatch generate, CancellationToken cancellationToken)
    {
        var size = line.GetValue(batch) ?? DefaultBatch;
        var (paths, writer) = destination;
        var result = await ProgressBars.RunAsync(console, async bars =>
        {
            var watch = Stopwatch.StartNew();
            var name = model.Name(line)!;
            using var loaded = await GenerativeModels.LoadAsync(name, model.Read(line, console), bars, cancellationToken).ConfigureAwait(false);
            var seconds = watch.Elapsed.TotalSeconds;
            var parameters = sampling.Apply(line, loaded.GenerationParams, start(loaded));
            AudioWriter.CheckFormats(paths, loaded.SampleRate, loaded.AudioChannels);
            UnknownKinds.Warn(console, loaded, name, prompts);
            var work = new Work(loaded, parameters, prompts, titles, paths, size, Seeds(sampling.Seed(line), prompts), writer);
            await EstimateAsync(work, line.GetValue(isLongAllowed), console, cancellationToken).ConfigureAwait(false);
            var sounds = await GenerateAllAsync(work, generate, bars, cancellationToken).ConfigureAwait(false);
            return new GenerationResult(
                name, $"{loaded.Device}", loaded.SampleRate, loaded.AudioChannels, Math.Round(seconds, 3), Math.Round(watch.Elapsed.TotalSeconds, 3), sounds);
        }).ConfigureAwait(false);
        console.Result(result, GenerationResult.Lines, onError: paths.IsStandardOutput);
        return ExitCode.Success;
    }

    /// <summary>A seed for each prompt: the given one, plus 1 for each repetition of a prompt, so that no result is generated twice. A prompt alone with its seed gives the same result.</summary>
    public static long[] Seeds(long seed, IReadOnlyList<string> prompts)
    {
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        return [.. prompts.Select(prompt => unchecked(seed + (seen[prompt] = seen.TryGetValue(prompt, out var before) ? before + 1 : 0)))];
    }

    private static async Task EstimateAsync(Work work, bool isLongAllowed, ToolConsole console, CancellationToken cancellationToken)
    {
        var (groups, seconds) = (work.Groups().ToList(), work.Parameters.Duration);
        var audio = seconds * groups.Sum(group => group.Length);
        if (audio < WorkEstimate.MinAudioSeconds)
        {
            return;
        }

        var estimate = await WorkEstimate.MeasureAsync(work.Model, [.. groups[0].Select(i => work.Prompts[i])], work.Parameters, groups.Count, seconds, cancellationToken).ConfigureAwait(false);
        if (WorkEstimate.Note(estimate, audio, isLongAllowed) is { } note)
        {
            console.Note(note);
        }
    }

    private static async Task<SoundResult[]> GenerateAllAsync(Work work, GenerateBatch generate, ProgressBars bars, CancellationToken cancellationToken)
    {
        var (model, files, prompts) = (work.Model, work.Paths.Files, work.Prompts);
        var results = new SoundResult[prompts.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = new SoundResult(prompts[i], files[i].Path, null, null, null, Skipped: true);
        }

        var groups = work.Groups().ToList();
        for (var call = 0; call < groups.Count; call++)
        {
            var group = groups[call];
            var progress = bars.Steps(prompts.Count == 1 ? "Generating" : $"Generating {prompts.Count} files", call, groups.Count);
            var parameters = work.Parameters with { ItemSeeds = [.. group.Select(i => work.Seeds[i])] };
            using var wavs = await generate(model, [.. group.Select(i => prompts[i])], parameters, progress, cancellationToken).ConfigureAwait(false);
            foreach (var (row, i) in group.Index())
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var wav = wavs[row];
                var written = work.Paths.IsStandardOutput ? work.Writer.WriteToStandardOutput(files[i], wav, model.SampleRate) : work.Writer.Write(files[i], wav, model.SampleRate, work.Titles[i]);
                results[i] = written.Skipped
                    ? results[i]
                    : new SoundResult(prompts[i], written.Path, written.Picture, work.Seeds[i], (double)wav.size(-1) / model.SampleRate);
            }
        }

        return results;
    }

    /// <summary>What is generated.</summary>
    private sealed record Work(
        BaseGenModel Model, GenerationParams Parameters, IReadOnlyList<string> Prompts, IReadOnlyList<string> Titles, OutputPaths Paths, int BatchSize, long[] Seeds, AudioWriter Writer)
    {
        /// <summary>The indices of each batch, without the skipped files.</summary>
        public IEnumerable<int[]> Groups() => Enumerable.Range(0, Prompts.Count).Where(i => !Paths.Files[i].IsDone).Chunk(BatchSize);
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
            : string.Create(CultureInfo.InvariantCulture, $"{(s.Path == OutputPaths.StandardOutput ? "stdout" : s.Path)}  {s.Seconds:0.00} s, {result.SampleRate} Hz, seed {s.Seed}{(s.Picture is null ? "" : $", {s.Picture}")}")),
        string.Create(CultureInfo.InvariantCulture, $"{Plural.Of(result.Sounds.Count(s => !s.Skipped), "file")} generated by {result.Model} on {result.Device} in {result.ElapsedSeconds:0.0} s, including {result.LoadSeconds:0.0} s to load the model"),
    ];
}

/// <summary>One generated file.</summary>
internal sealed record SoundResult(string Prompt, string Path, string? Picture, long? Seed, double? Seconds, bool Skipped = false);
