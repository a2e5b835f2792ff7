// Generates a WAV file for each description:
//   dotnet run --project samples/TextToSound -- "a dog barks in the distance" "heavy rain"
using AudioCraft;

string[] descriptions = args.Length > 0 ? args : ["a dog barks in the distance"];

// The bundled model. "facebook/audiogen-medium" is downloaded from the Hugging Face Hub.
using var gen = AudioGen.GetPretrained("audiogen-tiny");
using var audio = gen.Generate(descriptions, gen.GenerationParams with { Duration = 5 });     // [B, channels, samples]

Directory.CreateDirectory("out");
for (var i = 0; i < descriptions.Length; i++)
{
    var path = Path.Combine("out", string.Concat(descriptions[i].Select(c => char.IsLetterOrDigit(c) ? c : '-')) + ".wav");
    using var item = audio[i];
    AudioFile.Write(path, item, gen.SampleRate);
    Console.WriteLine($"{path}: {item.size(-1) / gen.SampleRate} s at {gen.SampleRate} Hz");
}
