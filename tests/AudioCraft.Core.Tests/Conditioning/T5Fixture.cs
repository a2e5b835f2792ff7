using AudioCraft.Checkpoints;
using AudioCraft.Conditioning;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Conditioning;

/// <summary>The two tiny encoders of the golden results.</summary>
internal static class T5Fixture
{
    public const string Relu = "t5_tiny_relu";
    public const string Gated = "t5_tiny_gated";

    public static T5Config Config(string name) => T5Config.Load(Golden.File(name, "config.json"));

    public static T5Encoder Encoder(string name)
    {
        using var archive = SafetensorsFile.Open(Golden.File(name, "weights.safetensors"));
        return T5Encoder.Load(Config(name), archive);
    }

    /// <summary>A conditioner with the golden projection, from a directory in the HuggingFace layout.</summary>
    public static (T5TextEncoder Encoder, T5Conditioner Conditioner) Conditioner(string name)
    {
        var encoder = T5TextEncoder.Load(Golden.Directory(name), CPU);
        var conditioner = new T5Conditioner(encoder, 32);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var io = Golden.Tensors(name);
        foreach (var (key, parameter) in conditioner.state_dict())
        {
            parameter.copy_(io.Read("cond/" + key));
        }

        return (encoder, conditioner);
    }
}
