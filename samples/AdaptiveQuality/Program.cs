// The same sound with 4 and with 8 codebooks, side by side, and switched while it runs, as a sender does when its line gets worse and better again.
//   dotnet run --project samples/AdaptiveQuality -- [in.wav] [--model encodec_24khz-d7cc33bc.th] [--out adaptive]
using AudioCraft;
using CompressAudio;
using TorchSharp;

const int Low = 4, High = 8;
try
{
    var options = Options.Parse(args, "adaptive");
    using var model = SampleCodec.Load(options.Model);
    using var sound = SampleSound.Load(options.Input, model.SampleRate, model.Channels);
    using var scope = torch.NewDisposeScope();
    var second = model.SampleRate - model.SampleRate % model.HopLength;
    var (switched, low, high) = (new List<torch.Tensor>(), new List<torch.Tensor>(), new List<torch.Tensor>());
    Console.WriteLine($"second | line  | sent            | SI-SNR with {Low} | with {High} codebooks");
    for (var start = 0L; start < sound.size(-1); start += second)
    {
        var length = Math.Min(second, sound.size(-1) - start);
        var piece = sound.narrow(-1, start, length).unsqueeze(0).to(model.parameters().First().device);
        var lineIsBad = start / second % 2 == 1;

        // This is the switch: the number of codebooks is the sender's choice from one piece to the next. The receiver needs no word about it.
        model.SetNumCodebooks(lineIsBad ? Low : High);
        var (codes, scale) = model.Encode(piece);
        var received = model.Decode(codes, scale).narrow(-1, 0, length);

        // Fewer codebooks are the first of more: one encoding serves every line.
        model.SetNumCodebooks(High);
        var (all, volume) = model.Encode(piece);
        var coarse = model.Decode(all.narrow(1, 0, Low), volume).narrow(-1, 0, length);
        var fine = model.Decode(all, volume).narrow(-1, 0, length);
        switched.Add(received);
        low.Add(coarse);
        high.Add(fine);
        var kbps = codes.size(1) * Math.Log2(model.Cardinality) * model.FrameRate / 1000;
        Console.WriteLine(
            $"{start / second,6} | {(lineIsBad ? "bad" : "good"),-5} | {codes.size(1)} × {codes.size(2)}, {kbps,4:0.0} kb/s | {Quality.SiSnr(piece, coarse),10:0.0} dB   | {Quality.SiSnr(piece, fine):0.0} dB");
    }

    foreach (var (name, pieces) in new[] { ("switched", switched), ($"codebooks{Low}", low), ($"codebooks{High}", high) })
    {
        var whole = torch.cat(pieces, -1).squeeze(0);
        var path = Path.Combine(options.Out, name + ".wav");
        AudioFile.Write(path, whole, model.SampleRate, new AudioWriteOptions { Strategy = AudioNormalization.Clip });
        Console.WriteLine($"{path}: SI-SNR {Quality.SiSnr(sound, whole):0.0} dB");
    }

    return 0;
}
catch (Exception error) when (error is AudioCraftException or ArgumentException or FormatException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
