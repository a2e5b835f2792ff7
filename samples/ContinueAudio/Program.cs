// Continues a recording:
//   dotnet run --project samples/ContinueAudio -- recording.wav "heavy rain"
using AudioCraft;

if (args is not [var path, .. var descriptions])
{
    Console.Error.WriteLine("Usage: ContinueAudio recording.wav [description]");
    return 2;
}

using var gen = AudioGen.GetPretrained("audiogen-tiny");
var (recording, sampleRate) = AudioFile.Read(path);           // [channels, samples]
using (recording)
{
    // The prompt must be shorter than the model's window: take the first two seconds.
    using var prompt = recording.narrow(1, 0, Math.Min(recording.size(1), 2L * sampleRate));
    using var audio = gen.GenerateContinuation(
        prompt, sampleRate, descriptions.Length > 0 ? [descriptions[0]] : null, gen.GenerationParams with { Duration = 5 });   // includes the prompt
    Directory.CreateDirectory("out");
    AudioFile.Write("out/continued.wav", audio, gen.SampleRate);
    Console.WriteLine($"out/continued.wav: {(double)audio.size(-1) / gen.SampleRate} s, of which the first {(double)prompt.size(-1) / sampleRate} s are the prompt");
}

return 0;
