using System.Text.Json;

namespace AudioCraft.Training.Tests.Losses;

/// <summary>Creates losses with the recorded arguments. Other arguments have our defaults, which must be upstream's.</summary>
internal static class GoldenLoss
{
    public static AudioLoss Make(string type, JsonElement kwargs)
    {
        var a = new Arguments(kwargs);
        return type switch
        {
            "L1Loss" => new L1Loss(),
            "MSELoss" => new L2Loss(),
            "MelSpectrogramL1Loss" => new MelSpectrogramL1Loss(
                a.Int("sample_rate"), a.Int("n_fft", 1024), a.Int("hop_length", 256), a.Int("win_length", 1024), a.Int("n_mels", 80), a.Number("f_min", 0),
                a.NumberOrNull("f_max"), a.Flag("log", true), a.Flag("normalized", false), a.Number("floor_level", 1e-5)),
            "MultiScaleMelSpectrogramLoss" => new MultiScaleMelSpectrogramLoss(
                a.Int("sample_rate"), a.Int("range_start", 6), a.Int("range_end", 11), a.Int("n_mels", 64), a.Number("f_min", 0), a.NumberOrNull("f_max"),
                a.Flag("normalized", false), a.Flag("alphas", true), a.Number("floor_level", 1e-5)),
            "STFTLoss" => new STFTLoss(
                a.Int("n_fft", 1024), a.Int("hop_length", 120), a.Int("win_length", 600), a.Window(), a.Flag("normalized", false), a.Number("factor_sc", 0.1),
                a.Number("factor_mag", 0.1)),
            "MRSTFTLoss" => new MRSTFTLoss(
                a.Ints("n_ffts"), a.Ints("hop_lengths"), a.Ints("win_lengths"), a.Window(), a.Number("factor_sc", 0.1), a.Number("factor_mag", 0.1),
                a.Flag("normalized", false)),
            "SISNR" => new SISNRLoss(a.Int("sample_rate", 16000), a.NumberOrNull("segment", 20), a.Number("overlap", 0.5)),
            _ => throw new NotSupportedException($"No loss {type}."),
        };
    }

    public static MelSpectrogram MelSpectrogram(JsonElement kwargs)
    {
        var a = new Arguments(kwargs);
        return new MelSpectrogram(
            a.Int("n_fft", 1024), a.Int("hop_length", 256), a.Int("win_length", a.Int("n_fft", 1024)), a.Int("n_mels", 80), a.Int("sample_rate", 22050),
            a.Number("f_min", 0), a.NumberOrNull("f_max"), a.Flag("log", true), a.Flag("normalized", false), a.Number("floor_level", 1e-5));
    }
}

/// <summary>Keyword arguments of a recorded call.</summary>
internal sealed class Arguments(JsonElement kwargs)
{
    public bool Has(string name) => kwargs.TryGetProperty(name, out _);

    public bool IsNull(string name) => !kwargs.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null;

    public JsonElement this[string name] => kwargs.GetProperty(name);

    public int Int(string name) => kwargs.GetProperty(name).GetInt32();

    public int Int(string name, int otherwise) => IsNull(name) ? otherwise : Int(name);

    public double Number(string name, double otherwise) => IsNull(name) ? otherwise : kwargs.GetProperty(name).GetDouble();

    public double? NumberOrNull(string name, double? otherwise = null) => !Has(name) ? otherwise : IsNull(name) ? null : kwargs.GetProperty(name).GetDouble();

    public bool Flag(string name, bool otherwise) => IsNull(name) ? otherwise : kwargs.GetProperty(name).GetBoolean();

    public int[]? Ints(string name) => IsNull(name) ? null : kwargs.GetProperty(name).EnumerateArray().Select(value => value.GetInt32()).ToArray();

    public AnalysisWindow Window() => IsNull("window")
        ? AnalysisWindow.Hann
        : Enum.Parse<AnalysisWindow>(kwargs.GetProperty("window").GetString()!.Replace("_window", "", StringComparison.Ordinal), ignoreCase: true);
}
