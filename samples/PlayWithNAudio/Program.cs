// Plays audio while it is generated, on Windows (WASAPI) and Linux (ALSA):
//   dotnet run --project samples/PlayWithNAudio -- "a bird chirping"
using AudioCraft;
using AudioCraft.NAudio;

using var gen = AudioGen.GetPretrained("audiogen-tiny");
using var live = gen.GenerateLive(args.FirstOrDefault("a bird chirping"), gen.GenerationParams with { Duration = 5 });
await AudioPlayback.PlayAsync(live);
