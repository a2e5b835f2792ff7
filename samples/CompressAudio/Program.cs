// A WAV in, an .ecdc file out, and back to WAV: how small it becomes, and how much of the sound is left.
//   dotnet run --project samples/CompressAudio -- [in.wav] [--model encodec_24khz-d7cc33bc.th] [--bandwidth 6] [--out compressed]
using AudioCraft;
using AudioCraft.Pictures;
using CompressAudio;

try
{
    var options = Options.Parse(args, "compressed");
    using var model = SampleCodec.Load(options.Model);
    model.SetNumCodebooks(options.Bandwidth is { } wanted ? model.CodebooksFor(wanted) : model.TotalCodebooks);

    using var original = SampleSound.Load(options.Input, model.SampleRate, model.Channels);
    var (compressed, restored, picture) = (Path.Combine(options.Out, "sound.ecdc"), Path.Combine(options.Out, "restored.wav"), Path.Combine(options.Out, "spectrograms.png"));

    EcdcFile.Compress(model, original, model.SampleRate, compressed);
    var (sound, rate) = EcdcFile.Decompress(model, compressed);
    using (sound)
    {
        AudioFile.Write(restored, sound, rate, new AudioWriteOptions { Strategy = AudioNormalization.Clip });
        Spectrogram.WritePng(picture, rate, ("original", original), ("restored", sound));

        var seconds = (double)original.size(-1) / rate;
        var (bytes, raw) = (new FileInfo(compressed).Length, 2 * original.numel());
        Console.WriteLine($"sound        {seconds:0.00} s, {rate} Hz, {model.Channels} channel(s)");
        Console.WriteLine($"codebooks    {model.NumCodebooks} of {model.TotalCodebooks}");
        Console.WriteLine($"file         {bytes} bytes, where 16-bit samples have {raw}");
        Console.WriteLine($"bitrate      {8 * bytes / seconds / 1000:0.00} kb/s");
        Console.WriteLine($"compression  1 : {(double)raw / bytes:0.0}");
        Console.WriteLine($"SI-SNR       {Quality.SiSnr(original, sound):0.0} dB");
        Console.WriteLine($"written      {compressed}, {restored}, {picture}");
    }

    return 0;
}
catch (Exception error) when (error is AudioCraftException or ArgumentException or FormatException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
