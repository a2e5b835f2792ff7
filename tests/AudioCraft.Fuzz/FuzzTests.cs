using System.Globalization;
using Xunit.Abstractions;

namespace AudioCraft.Fuzz;

/// <summary>A short run with fixed seeds. <c>dotnet run --project tests/AudioCraft.Fuzz -c Release -- --minutes 60</c> is the long one.</summary>
public class FuzzTests(ITestOutputHelper output)
{
    private const int Inputs = 300;

    public static TheoryData<string> Targets => [.. FuzzTargets.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Mutated_input_is_read_or_throws_AudioCraftException(string target)
    {
        using var targets = new FuzzTargets();
        var result = new FuzzRun(targets[target], seed: 1).Run(inputs => inputs < Inputs);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Accepted} of {result.Inputs} inputs accepted, largest allocation {result.LargestAllocation >> 20} MB"));
        Assert.Equal(Inputs, result.Inputs);
        Assert.True(result.Accepted > 0, "Not even the original inputs were accepted.");
        Assert.True(result.Failures.Count == 0, string.Join("\n\n", result.Failures.Select(failure => failure.Reason)));
    }

    [Fact]
    public void Mixed_calls_leave_no_tensors()
    {
        var readings = Soak.Run(180, output.WriteLine);
        Assert.Equal(11, readings.Count);
        Assert.Single(readings.Skip(1).Select(reading => reading.LiveTensors).Distinct());
    }
}
