using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public partial class SurfaceTests
{
    [Fact]
    public void Every_public_type_and_member_is_one_of_TorchSharp_with_its_parameters_and_defaults()
    {
        var genuine = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "api", "torchsharp-0.106.0.txt"))
            .Select(WithoutReferenceMarks)
            .ToHashSet();
        var own = PublicSurface.Of(typeof(Tensor).Assembly).Select(WithoutReferenceMarks).ToList();

        Assert.True(own.Count > 1000, $"only {own.Count} lines were found");
        var foreign = own.Where(line => !genuine.Contains(line)).ToList();
        Assert.True(foreign.Count == 0, $"{foreign.Count} lines are not TorchSharp's:\n{string.Join("\n", foreign)}");
    }

    /// <summary>Nullability of reference types may differ; that of numbers, enums and tuples is part of the type.</summary>
    private static string WithoutReferenceMarks(string line) => ReferenceMark().Replace(line, "");

    [GeneratedRegex(@"(?<!\b(bool|byte|sbyte|short|int|long|float|double|ScalarType|Padding|TensorStringStyle|Half)|\))\?")]
    private static partial Regex ReferenceMark();
}
