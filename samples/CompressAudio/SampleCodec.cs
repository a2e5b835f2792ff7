using AudioCraft;

namespace CompressAudio;

/// <summary>The codec of the samples.</summary>
internal static class SampleCodec
{
    private static readonly string Tiny = Path.Combine("tests", "golden", "encodec_original_24k", "weights.safetensors");

    /// <summary>A codec of the EnCodec family, or the tiny one of the tests, whose weights are random.</summary>
    public static EncodecModel Load(string? path)
    {
        if (path is null)
        {
            path = FindTiny();
            Console.WriteLine("No --model given: this is the tests' tiny codec. Its weights are random, so what comes back is noise; sizes and speeds are what they are.");
        }

        var model = CompressionModel.GetPretrained(path);
        return model as EncodecModel ?? throw new AudioCraftException($"{path} is a {model.GetType().Name}; .ecdc files are for EnCodec.");
    }

    private static string FindTiny()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Tiny)))
            {
                return Path.Combine(folder.FullName, Tiny);
            }
        }

        throw new AudioCraftException("There is no codec beside this program: name one with --model.");
    }
}
