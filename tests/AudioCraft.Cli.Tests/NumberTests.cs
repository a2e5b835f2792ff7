using System.Globalization;

namespace AudioCraft.Cli.Tests;

/// <summary>Numbers are read in the same way on every system; everything that could be read in two ways is an error.</summary>
public sealed class NumberTests
{
    public static TheoryData<string, string> Invalid()
    {
        var data = new TheoryData<string, string>();
        foreach (var option in new[] { "--duration", "--temperature", "--cfg", "--top-p", "--extend-stride" })
        {
            foreach (var text in new[] { "0,5", "1,000", "1.000,5", "1 000", "1_000", "1'000", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "∞", "0x10", "", " ", " 1", "1 ", "1.2.3", "½", "５", "1e", "one", "--5", "1s", "$1", "(1)", "1%" })
            {
                data.Add(option, text);
            }
        }

        foreach (var option in new[] { "--top-k", "--seed", "--batch", "--threads" })
        {
            foreach (var text in new[] { "1,5", "1.5", "1.0", "1,000", "1e3", "0x10", "", " 1", "NaN", "99999999999999999999", "٣" })
            {
                data.Add(option, text);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Invalid_number_returns_exit_code_2(string option, string text)
    {
        var line = Tool.Run("generate", "rain", "-o", "/nowhere/", $"{option}={text}").FailedWith(ExitCode.Misuse);
        Assert.StartsWith(text.Length == 0 ? "audiocraft: Required argument missing for option: '" + option : $"audiocraft: {option} takes ", line, StringComparison.Ordinal);
        Assert.Contains(text.Length == 0 ? option : $"not '{text}'", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("generate", "-d", "0,5")]
    [InlineData("generate", "--cfg", "1,5")]
    [InlineData("bench", "--seconds", "0,5")]
    [InlineData("encode", "--bitrate", "1,5")]
    public void Decimal_comma_is_explained(string command, string option, string text) =>
        Assert.Contains("use a decimal point", Tool.Run(command == "bench" ? [command, option, text] : [command, "rain", option, text]).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);

    [Theory]
    [InlineData("--top-p", "1.5", "0 to 1")]
    [InlineData("--temperature", "-0.1", "0 to 1000")]
    [InlineData("--duration", "0", "more than 0")]
    [InlineData("--duration", "1e-400", "more than 0")]
    [InlineData("--top-k", "-1", "0 to 2147483647")]
    [InlineData("--threads", "1025", "1 to 1024")]
    public void Out_of_range_is_explained(string option, string text, string range) =>
        Assert.Contains($"{option} takes {range}", Tool.Run("generate", "rain", option, text).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);

    [Fact]
    public void Culture_of_the_thread_does_not_matter()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            // German conventions; the culture itself is not available without ICU.
            var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (german.NumberFormat.NumberDecimalSeparator, german.NumberFormat.NumberGroupSeparator) = (",", ".");
            CultureInfo.CurrentCulture = german;
            Tool.Run("generate", "rain", "-d", "0,5").FailedWith(ExitCode.Misuse);
            Assert.Contains("--duration takes more than 0, at most 1000000, not '-0.5'", Tool.Run("generate", "rain", "--duration", "-0.5").FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task German_environment_reads_points_and_rejects_commas()
    {
        var environment = new Dictionary<string, string?> { ["LANG"] = "de_DE.UTF-8", ["LC_ALL"] = "de_DE.UTF-8" };
        using var folder = new AudioCraft.Tests.Checkpoints.TemporaryFolder();
        Assert.Contains("'0,5'", (await Tool.ProcessAsync(environment, "generate", "rain", "-d", "0,5", "-o", folder.Path)).FailedWith(ExitCode.Misuse), StringComparison.Ordinal);
        Assert.Contains("  0.50 s,", (await Tool.ProcessAsync(environment, "generate", "rain", "-d", "0.5", "-o", folder.Path)).Succeeded().Out, StringComparison.Ordinal);
    }
}
