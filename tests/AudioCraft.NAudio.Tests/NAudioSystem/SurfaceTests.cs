using System.Text.RegularExpressions;
using NAudio.Wave;
using TorchSharp.Tests;

namespace AudioCraft.NAudio.Tests;

public partial class SurfaceTests
{
    [Fact]
    public void Every_public_type_and_member_of_the_stand_in_is_one_of_NAudio_with_its_parameters_and_defaults()
    {
        var genuine = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "api", "naudio-3.0.1.txt"))
            .Select(line => AssemblyMark().Replace(line, ""))
            .ToHashSet();
        var own = PublicSurface.Of(typeof(WaveFormat).Assembly).ToList();

        Assert.True(own.Count > 100, $"only {own.Count} lines were found");
        var foreign = own.Where(line => !genuine.Contains(line)).ToList();
        Assert.True(foreign.Count == 0, $"{foreign.Count} lines are not NAudio's:\n{string.Join("\n", foreign)}");
    }

    [GeneratedRegex(@"\{NAudio[^}]*\} ")]
    private static partial Regex AssemblyMark();
}
