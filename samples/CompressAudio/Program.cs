// Compresses a WAV file to .ecdc and decodes it again:
//   dotnet run --project samples/CompressAudio -- in.wav [codec]
using AudioCraft;
using TorchSharp;

if (args is not [var input, .. var rest])
{
    Console.Error.WriteLine("Usage: CompressAudio in.wav [codec]     codec: audiogen-tiny (default), facebook/encodec_24khz, a directory or a file");
    return 2;
}

var name = rest.FirstOrDefault("audiogen-tiny");
using var codec = CompressionModel.GetPretrained(name) as EncodecModel ?? throw new AudioCraftException($"{name} is not an EnCodec model.");
var (original, sampleRate) = AudioFile.Read(input);
using (original)
{
    Directory.CreateDirectory("out");
    EcdcFile.Compress(codec, original, sampleRate, "out/audio.ecdc");
    var (decoded, decodedRate) = EcdcFile.Decompress(codec, "out/audio.ecdc");
    using (decoded)
    {
        AudioFile.Write("out/decoded.wav", decoded, decodedRate, new AudioWriteOptions { Normalization = AudioNormalization.Clip });
        using var reference = AudioConversion.Convert(original, sampleRate, decodedRate, codec.Channels);
        var (seconds, bytes) = ((double)original.size(-1) / sampleRate, new FileInfo("out/audio.ecdc").Length);
        Console.WriteLine($"out/audio.ecdc: {bytes} bytes for {seconds:0.00} s, {8 * bytes / seconds / 1000:0.00} kb/s, {codec.NumCodebooks} codebooks");
        Console.WriteLine($"out/decoded.wav: SI-SNR {SiSnr(reference, decoded):0.0} dB");
    }
}

return 0;

// Scale-invariant signal-to-noise ratio in dB (Le Roux et al. 2019).
static double SiSnr(torch.Tensor reference, torch.Tensor estimate)
{
    using var scope = torch.NewDisposeScope();
    var (x, y) = (reference.reshape(-1).to(torch.ScalarType.Float64), estimate.cpu().reshape(-1).to(torch.ScalarType.Float64));
    var target = x * ((x * y).sum() / (x * x).sum());
    return 10 * ((target * target).sum() / (y - target).pow(2).sum()).log10().item<double>();
}
