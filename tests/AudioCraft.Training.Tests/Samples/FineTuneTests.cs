using System.Reflection;
using AudioCraft.Tests;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests;

/// <summary>The command line of samples/TrainAudioGen, as a user calls it.</summary>
public class FineTuneTests
{
    [Fact]
    public void Fine_tuning_on_a_few_WAVs_writes_a_checkpoint_that_generates()
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
        var code = Call("finetune", checkpoint, folder.File("sounds"), "--out", folder.File("tuned"), "--steps", "8", "--batch", "2", "--lr", "1e-3", "--seconds", "1", "--say", "the sound of one");
        Assert.Equal(0, code);
        using var model = AudioGen.GetPretrained(folder.File("tuned"), CPU);
        Assert.Equal(3, model.MaxDuration);
        Assert.True(File.Exists(folder.File("tuned/sample.wav")));

        // The log's last row is of the last step, and the loss there is below the first.
        var rows = File.ReadAllLines(folder.File("tuned/training/train.csv"));
        var column = Array.IndexOf(rows[0].Split(','), "loss");
        Assert.True(double.Parse(rows[^1].Split(',')[column], System.Globalization.CultureInfo.InvariantCulture) < double.Parse(rows[1].Split(',')[column], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void What_is_wrong_with_a_command_is_said_and_the_exit_status_tells()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(2, Call("dance"));
        Assert.Equal(2, Call("finetune", "a"));
        Assert.Equal(2, Call("tokenizer", "--out"));
        Assert.Equal(2, Call("tokenizer", "--out", folder.File("x"), "--colour", "red"));
        Assert.Equal(1, Call("finetune", folder.File("nowhere"), folder.Path, "--out", folder.File("tuned")));
    }

    private static int Call(params string[] args) => (int)Assembly.Load("TrainAudioGen").EntryPoint!.Invoke(null, [args])!;
}
