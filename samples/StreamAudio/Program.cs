// Receives audio in chunks while the rest is generated, and prints when each chunk arrived:
//   dotnet run --project samples/StreamAudio -- "a siren, fast and distant"
using System.Diagnostics;
using AudioCraft;
using TorchSharp;

using var gen = AudioGen.GetPretrained("audiogen-tiny");
var parameters = gen.GenerationParams with { Duration = 5, Seed = 7 };
var watch = Stopwatch.StartNew();
var chunks = new List<torch.Tensor>();
await foreach (var chunk in gen.GenerateStreamingAsync(args.FirstOrDefault("a siren"), parameters, chunkSeconds: 0.5))
{
    // A player would take the samples here. AudioCraft.NAudio does this: see PlayWithNAudio.
    Console.WriteLine($"{watch.Elapsed.TotalSeconds:0.00} s: samples {chunk.StartSample} to {chunk.StartSample + chunk.Audio.size(-1) - 1}");
    chunks.Add(chunk.Audio);
}

using var audio = torch.cat(chunks, 1);
chunks.ForEach(chunk => chunk.Dispose());
Directory.CreateDirectory("out");
AudioFile.Write("out/stream.wav", audio, gen.SampleRate);
Console.WriteLine($"out/stream.wav: {(double)audio.size(-1) / gen.SampleRate} s");
