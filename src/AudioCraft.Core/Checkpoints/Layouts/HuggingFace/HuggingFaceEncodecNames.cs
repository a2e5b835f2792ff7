using System.Globalization;
using System.Text.RegularExpressions;

namespace AudioCraft.Checkpoints;

/// <summary>The names of an EnCodec's weights in Hugging Face's layout.</summary>
internal static partial class HuggingFaceEncodecNames
{
    /// <summary>
    /// The name in that layout of a weight of ours: <c>encoder.model.3.conv.conv.bias</c> → <c>encoder.layers.3.conv.bias</c>,
    /// <c>decoder.model.3.convtr.norm.weight</c> → <c>decoder.layers.3.norm.weight</c>, <c>quantizer.vq.layers.0._codebook.embed</c> → <c>quantizer.layers.0.codebook.embed</c>.
    /// </summary>
    public static string Of(string name)
    {
        if (CodebookName().Match(name) is { Success: true } codebook)
        {
            return $"quantizer.layers.{codebook.Groups["stage"]}.codebook.{codebook.Groups["rest"]}";
        }

        var layers = LayersName().Replace(name, "$1.layers.");
        var kernel = KernelName().Replace(layers, ".conv.", 1);
        return NormName().Replace(kernel, ".norm.", 1);
    }

    /// <summary>The number of codebooks in a file of weights.</summary>
    public static int CountCodebooks(IEnumerable<string> names) =>
        names.Select(n => HuggingFaceCodebookName().Match(n)).Where(m => m.Success)
            .Select(m => int.TryParse(m.Groups["stage"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var stage) ? stage : -1)
            .Distinct().Count();

    [GeneratedRegex(@"^quantizer\.vq\.layers\.(?<stage>\d+)\._codebook\.(?<rest>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex CodebookName();

    [GeneratedRegex(@"^quantizer\.layers\.(?<stage>\d+)\.codebook\.embed$", RegexOptions.CultureInvariant)]
    private static partial Regex HuggingFaceCodebookName();

    [GeneratedRegex(@"^(encoder|decoder)\.model\.", RegexOptions.CultureInvariant)]
    private static partial Regex LayersName();

    [GeneratedRegex(@"\.(conv\.conv|convtr\.convtr)\.", RegexOptions.CultureInvariant)]
    private static partial Regex KernelName();

    [GeneratedRegex(@"\.(conv|convtr)\.norm\.", RegexOptions.CultureInvariant)]
    private static partial Regex NormName();
}
