using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.GpuCheck;

/// <summary>Loads small models with random weights that transformers saved (transformers_cases.py), runs them on a device, and compares the results with those of transformers on a CPU.</summary>
internal sealed class TransformersChecks(string directory, Device device, Report report)
{
    private const double Noise = 5e-5;

    public void Run()
    {
        report.Table($"Compared with transformers {File.ReadAllText(Path.Combine(directory, "version.txt")).Trim()}", "case", "quantity", "value", "limit", "result");
        foreach (var name in (string[])["t5", "t5-gated"])
        {
            report.Check(name, "hidden states, relative", Noise, () => T5(name));
        }

        foreach (var name in (string[])["encodec", "dac"])
        {
            report.Check(name, "fraction of different codes", 0, () => Codec(name, (model, io) => Deviation.OfCodes(io.Read("codes"), model.Encode(io.Read("x").to(device)).Codes)));
            report.Check(name, "audio, relative error", Noise, () => Codec(name, (model, io) => Deviation.Of(io.Read("decoded"), model.Decode(io.Read("codes").to(device)))));
        }
    }

    private double T5(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var weights = SafetensorsFile.Open(Path.Combine(directory, name, "model.safetensors"));
        using var encoder = T5Encoder.Load(T5Config.Load(Path.Combine(directory, name, "config.json")), weights);
        encoder.to(device);
        using var io = SafetensorsFile.Open(Path.Combine(directory, name, "io.safetensors"));
        return Deviation.Of(io.Read("hidden"), encoder.forward(io.Read("ids").to(device), io.Read("mask").to(device)));
    }

    private double Codec(string name, Func<CompressionModel, SafetensorsFile, double> of)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = CompressionModel.GetPretrained(Path.Combine(directory, name), device);
        using var io = SafetensorsFile.Open(Path.Combine(directory, name, "io.safetensors"));
        return of(model, io);
    }
}
