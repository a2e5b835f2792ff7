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
    // The result is the whole recording and 3 seconds of generated audio.
    using var audio = gen.ContinueRecording(
        recording, sampleRate, descriptions.Length > 0 ? [descriptions[0]] : null, gen.GenerationParams with { Duration = 3 });
    Directory.CreateDirectory("out");
    AudioFile.Write("out/continued.wav", audio, gen.SampleRate);
    Console.WriteLine($"out/continued.wav: {(double)audio.size(-1) / gen.SampleRate} s, of which the first {(double)recording.size(-1) / sampleRate} s are the recording");
}

return 0;
