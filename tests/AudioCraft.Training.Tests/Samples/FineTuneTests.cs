using System.Reflection;
using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests;

/// <summary>The command line of samples/FineTune.</summary>
public class FineTuneTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public FineTuneTests() => manual_seed(20261127);

    [Fact]
    public void Fine_tuning_on_WAV_files_writes_a_checkpoint_that_generates()
    {
        using var folder = new TemporaryFolder();
        using (var sound = rand(1, 20_000) - 0.5)
        {
            foreach (var name in (string[])["one", "two", "three"])
            {
                AudioFile.Write(folder.File($"sounds/{name}.wav"), sound, 24000);
                File.WriteAllText(folder.File($"sounds/{name}.json"), $$"""{"description": "the sound of {{name}}"}""");
            }
        }

        var checkpoint = Golden.Directory("audiogen_tiny_checkpoint");
        var code = Call(checkpoint, folder.File("sounds"), folder.File("tuned"), "8", "the sound of one");
        Assert.Equal(0, code);
        using var model = AudioGen.GetPretrained(folder.File("tuned"), CPU);
        Assert.Equal(3, model.MaxDuration);
        Assert.True(File.Exists(folder.File("tuned/sample.wav")));

        // The loss of the last step is below that of the first.
        var rows = File.ReadAllLines(folder.File("tuned/training/train.csv"));
        var column = Array.IndexOf(rows[0].Split(','), "loss");
        Assert.True(double.Parse(rows[^1].Split(',')[column], System.Globalization.CultureInfo.InvariantCulture) < double.Parse(rows[1].Split(',')[column], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Invalid_arguments_give_a_nonzero_exit_status()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(2, Call());
        Assert.Equal(2, Call("a", "b", "c", "many"));
        Assert.Equal(1, Call(folder.File("nowhere"), folder.Path, folder.File("tuned")));
    }

    private static int Call(params string[] args) => (int)Assembly.Load("FineTune").EntryPoint!.Invoke(null, [args])!;
}
