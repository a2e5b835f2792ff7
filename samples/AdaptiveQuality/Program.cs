// Changes the bitrate while audio is coded, second by second, as a sender does when its connection gets worse and better:
//   dotnet run --project samples/AdaptiveQuality -- in.wav [codec]
using AudioCraft;
using TorchSharp;

if (args is not [var input, .. var rest])
{
    Console.Error.WriteLine("Usage: AdaptiveQuality in.wav [codec]     codec: audiogen-tiny (default), facebook/encodec_24khz, a directory or a file");
    return 2;
}

using var codec = CompressionModel.GetPretrained(rest.FirstOrDefault("audiogen-tiny"));
var (recording, sampleRate) = AudioFile.Read(input);
using var scope = torch.NewDisposeScope();
using var audio = AudioConversion.Convert(recording, sampleRate, codec.SampleRate, codec.Channels);
var received = new List<torch.Tensor>();
for (var start = 0L; start < audio.size(-1); start += codec.SampleRate)
{
    using var piece = audio.narrow(-1, start, Math.Min(codec.SampleRate, audio.size(-1) - start)).unsqueeze(0);
    var (codes, scale) = codec.Encode(piece);                                 // [1, K, F]

    // The first codebooks are a coarser version of the same audio: one encoding serves every bitrate.
    var codebooks = start / codec.SampleRate % 2 == 0 ? codec.NumCodebooks : Math.Max(1, codec.NumCodebooks / 2);
    var sent = codes.narrow(1, 0, codebooks);
    received.Add(codec.Decode(sent, scale).narrow(-1, 0, piece.size(-1)));
    Console.WriteLine($"second {start / codec.SampleRate}: {codebooks} codebooks, {codebooks * Math.Log2(codec.Cardinality) * codec.FrameRate / 1000:0.0} kb/s");
}

Directory.CreateDirectory("out");
AudioFile.Write("out/adaptive.wav", torch.cat(received, -1), codec.SampleRate, new AudioWriteOptions { Normalization = AudioNormalization.Clip });
Console.WriteLine("out/adaptive.wav");
return 0;
