using System.Text.Json;
using AudioCraft.Cli.Display;
using AudioCraft.Tests.Checkpoints;
using Microsoft.Extensions.Logging;

namespace AudioCraft.Cli.Tests;

/// <summary>What reaches the terminal.</summary>
public sealed class ConsoleTests : IDisposable
{
    private const string Hostile = "a\u001b[31mred\u0007\u009b2J\u202ecba\r\nnext\tx\u0000\ud800y\u2028z\U000e0041";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Text_is_printed_without_control_characters() =>
        Assert.Equal(@"a\u001B[31mred\u0007\u009B2J\u202Ecba\r\nnext\tx\u0000\uD800y\u2028z\uDB40\uDC41", PrintableWriter.Line(Hostile));

    [Theory]
    [InlineData("नमस्ते Möwe เสียง 👨‍👩‍👧 雨")]
    [InlineData("plain ~ text")]
    public void Ordinary_text_is_unchanged(string text)
    {
        using var inner = new StringWriter();
        using var writer = new PrintableWriter(inner);
        writer.Write(text);
        foreach (var c in text)
        {
            writer.Write(c);
        }

        Assert.Equal(text + text, inner.ToString());
    }

    [Fact]
    public void Writer_escapes_whatever_is_written_and_keeps_line_ends()
    {
        using var inner = new StringWriter { NewLine = "\n" };
        using var writer = new PrintableWriter(inner);
        writer.WriteLine(Hostile);
        writer.Write('\ud83d');
        writer.Write('\ude00');
        writer.Write('\ud800');
        writer.Flush();
        Assert.Equal("a\\u001B[31mred\\u0007\\u009B2J\\u202Ecba\\r\nnext\\tx\\u0000\\uD800y\\u2028z\\uDB40\\uDC41\n😀\\uD800", inner.ToString());
    }

    [Fact]
    public async Task Results_errors_warnings_and_json_are_escaped()
    {
        await using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        using var console = new ToolConsole(TextReader.Null, output, error, () => null, null);
        foreach (var json in new[] { false, true })
        {
            console.Json = json;
            console.Result(new { text = Hostile }, value => [value.text]);
            console.Note(Hostile);
            console.Warn(Hostile);
            console.Fail(1, Hostile);
#pragma warning disable CA1848, CA2254 // The message is the test's data.
            console.Logger.LogWarning("{Json} {Text}", json, Hostile);
#pragma warning restore CA1848, CA2254
        }

        Assert.DoesNotContain((output.ToString() + error).Replace("\n", "", StringComparison.Ordinal), c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u202e' or '\u2028');
        var lines = error.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(8, lines.Length);
        Assert.Equal("True " + Hostile.Replace('\ud800', '\ufffd'), JsonDocument.Parse(lines[^1]).RootElement.GetProperty("warning").GetString());
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("generate", "rain", "--model")]
    [InlineData("decode")]
    [InlineData("generate", "--file")]
    [InlineData("nonsense")]
    [InlineData("generate", "rain", "--precision")]
    [InlineData("generate", "rain", "-d")]
    [InlineData("generate", "rain", "--device")]
    [InlineData("generate", "rain", "-o", "/proc/x/y.wav", "--")]
    public void Arguments_are_quoted_without_control_characters(params string[] args)
    {
        var run = Tool.Run([.. args, "x\u001b[2J\u202e\u0007"]);
        Assert.NotEqual(ExitCode.Success, run.Code);
        Assert.DoesNotContain((run.Error + run.Out).TrimEnd('\n'), c => char.IsControl(c) || c == '\u202e');
    }

    [Fact]
    public void Names_in_a_checkpoint_are_printed_without_control_characters()
    {
        var run = Tool.Run("inspect", Path.Combine(AppContext.BaseDirectory, "terminal-escape.pt"), "--all");
        Assert.DoesNotContain((run.Error + run.Out).Replace("\n", "", StringComparison.Ordinal), char.IsControl);
        var header = """{"a\u001b[31m\u202e":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":{"m\u0007":"v\u009b"}}"""u8;
        var file = folder.Write("x.safetensors", [.. BitConverter.GetBytes((long)header.Length), .. header, 0, 0, 0, 0]);
        var text = Tool.Run("inspect", file, "--all").Succeeded().Out;
        Assert.Contains(@"a\u001B[31m\u202E", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Replace("\n", "", StringComparison.Ordinal), c => char.IsControl(c) || c == '\u202e');
        var json = Tool.Run("inspect", file, "--json").Succeeded();
        Assert.DoesNotContain(json.Out.Replace("\n", "", StringComparison.Ordinal), c => char.IsControl(c) || c == '\u202e');
        Assert.Equal("a\u001b[31m\u202e", json.Json.GetProperty("tensors")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData(ExitCode.Misuse, "generate", "rain", "-d", "0,5", "--json")]
    [InlineData(ExitCode.Misuse, "--json", "nonsense")]
    [InlineData(ExitCode.Misuse, "generate", "--json")]
    [InlineData(ExitCode.Failure, "inspect", "nosuch", "--json")]
    [InlineData(ExitCode.Failure, "generate", "rain", "--model", "./no/model", "--json")]
    [InlineData(ExitCode.Failure, "decode", "none.ecdc", "--json")]
    public void Errors_are_json_with_json(int code, params string[] args)
    {
        var run = Tool.Run(args);
        Assert.Equal(code, run.Code);
        Assert.Empty(run.Out);
        var json = JsonDocument.Parse(Assert.Single(run.Error.TrimEnd('\n').Split('\n'))).RootElement;
        Assert.Equal(code, json.GetProperty("exitCode").GetInt32());
        Assert.NotEmpty(json.GetProperty("error").GetString()!);
    }

    [Fact]
    public void Unknown_kinds_are_a_warning()
    {
        var run = Tool.Run("generate", "a jazz band playing", "rain", "-d", "0.2", "-o", folder.File("x/"), "--json").SucceededWithNotes();
        var warning = JsonDocument.Parse(Assert.Single(run.Error.TrimEnd('\n').Split('\n'))).RootElement.GetProperty("warning").GetString();
        Assert.StartsWith("audiogen-tiny was not trained on 'a jazz band playing': ", warning, StringComparison.Ordinal);
        Assert.Contains("doorbell", warning, StringComparison.Ordinal);
        Assert.Equal(2, run.Json.GetProperty("sounds").GetArrayLength());
    }

    [Fact]
    public void Hours_of_work_need_a_flag()
    {
        var error = Tool.Run("generate", "rain", "-d", "1000000", "-o", folder.File("x.wav")).FailedWith(ExitCode.Misuse);
        Assert.Contains("1000000 s of audio take about", error, StringComparison.Ordinal);
        Assert.Contains("--long", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Help_shows_the_defaults_of_the_bundled_model()
    {
        var help = string.Join(' ', Tool.Run("generate", "--help").Succeeded().Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        using var model = BaseGenModel.GetPretrained("audiogen-tiny");
        var defaults = model.GenerationParams;
        Assert.Contains(FormattableString.Invariant($"Length in seconds [audiogen-tiny: {defaults.Duration};"), help, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"guidance coefficient [audiogen-tiny: {defaults.CfgCoef}; others: {new GenerationParams().CfgCoef}]"), help, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"argmax [audiogen-tiny: {defaults.Temperature}; others: {new GenerationParams().Temperature}]"), help, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"0 for all [audiogen-tiny: {defaults.TopK}; others: {new GenerationParams().TopK}]"), help, StringComparison.Ordinal);
    }
}
