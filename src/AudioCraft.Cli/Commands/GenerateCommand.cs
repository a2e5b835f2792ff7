using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AudioCraft.Cli.Display;
using AudioCraft.Cli.Options;
using AudioCraft.Cli.Output;
using TorchSharp;

namespace AudioCraft.Cli.Commands;

/// <summary>Text to sound.</summary>
internal sealed class GenerateCommand
{
    private readonly Command command = new("generate", "Makes a sound for each prompt");
    private readonly Shell shell;
    private readonly PromptOptions prompts;
    private readonly ModelOptions model;
    private readonly SamplingOptions sampling;
    private readonly SoundOptions sound;
    private readonly Option<int> together = new("--batch") { Description = "Sounds that are made together; their files are written when they are done", DefaultValueFactory = _ => 4 };

    private GenerateCommand(Shell shell)
    {
        this.shell = shell;
        prompts = new PromptOptions(command);
        sound = new SoundOptions(command);
        model = new ModelOptions(command, "The model");
        sampling = new SamplingOptions(command);
        command.Add(together);
    }

    public static Command Create(Shell shell, Option<bool> json)
    {
        var generate = new GenerateCommand(shell);
        generate.command.SetAction((line, ct) => generate.RunAsync(line, line.GetValue(json), ct));
        return generate.command;
    }

    private async Task<int> RunAsync(ParseResult line, bool json, CancellationToken ct)
    {
        var texts = prompts.Read(line, shell.In);
        if (texts.Count == 0)
        {
            throw new UsageException("There is no prompt: say what to hear, as in audiocraft generate \"rain on a tin roof\", or name a --file of prompts.");
        }

        var (size, places) = (line.GetValue(together), sound.Places(line, texts));
        if (size < 1)
        {
            throw new UsageException($"--batch takes 1 or more, not {size}.");
        }

        var result = await Bars.RunAsync(shell, bars => GenerateAsync(line, texts, places, size, bars, ct)).ConfigureAwait(false);
        shell.Result(json, result, GenerationResult.Lines);
        return ExitCode.Success;
    }

    private async Task<GenerationResult> GenerateAsync(ParseResult line, IReadOnlyList<string> texts, SoundPlaces places, int size, Bars bars, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var name = model.Name(line)!;
        using var loaded = await Generation.LoadAsync(name, model.Read(line), bars, ct).ConfigureAwait(false);
        var seconds = watch.Elapsed.TotalSeconds;
        loaded.GenerationParams = sampling.Apply(line, loaded.GenerationParams);
        SoundWriter.CheckFormats(places.Paths, loaded.SampleRate, loaded.AudioChannels);

        var (seeds, writer) = (Generation.Seeds(sampling.Seed(line), texts), sound.Writer(line));
        var results = new SoundResult[texts.Count];
        foreach (var done in Enumerable.Range(0, texts.Count).Where(places.IsDone))
        {
            results[done] = new SoundResult(texts[done], places.Paths[done], null, null, null, Skipped: true);
        }

        var chunks = Enumerable.Range(0, texts.Count).Where(i => !places.IsDone(i)).Chunk(size).ToList();
        for (var call = 0; call < chunks.Count; call++)
        {
            var chunk = chunks[call];
            var progress = bars.Steps(texts.Count == 1 ? "Generating" : $"Generating {texts.Count} sounds", call, chunks.Count);
            loaded.GenerationParams = loaded.GenerationParams with { ItemSeeds = [.. chunk.Select(i => seeds[i])] };
            using var wavs = await Generation.RunAsync(() => loaded.Generate([.. chunk.Select(i => texts[i])], progress, ct), ct).ConfigureAwait(false);
            foreach (var (row, i) in chunk.Index())
            {
                using var wav = wavs[row];
                var picture = writer.Write(places.Paths[i], wav, loaded.SampleRate, texts[i]);
                results[i] = new SoundResult(texts[i], places.Paths[i], picture, seeds[i], (double)wav.size(-1) / loaded.SampleRate);
            }
        }

        return new GenerationResult(name, $"{loaded.Device}", loaded.SampleRate, loaded.AudioChannels, seconds, watch.Elapsed.TotalSeconds, results);
    }
}

/// <summary>What a generation gave.</summary>
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
