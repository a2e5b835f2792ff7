using AudioCraft.Checkpoints;
using AudioCraft.Formats;
using AudioCraft.Tests.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Files that are replaced, truncated or overwritten while they are open.</summary>
public class OpenFileTests
{
    [Fact]
    public void File_replaced_by_renaming_does_not_change_what_is_read()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(4) });
        using var archive = SafetensorsFile.Open(path);
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = zeros(4) });
        Exactly.Equal(ones(4), archive.Read("a"));
        Exactly.Equal(ones(4), archive.TryMap("a")!);
    }

    [Fact]
    public void Model_that_is_not_memory_mapped_survives_truncation_of_its_files()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        CheckpointConverter.Convert(Golden.Directory("audiogen_tiny_checkpoint"), folder.File("out"));
        using var expected = AudioGen.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU);
        using var model = AudioGen.GetPretrained(folder.File("out"), new PretrainedOptions { Device = CPU, MemoryMap = false });
        foreach (var file in Directory.GetFiles(folder.File("out"), "*.safetensors", SearchOption.AllDirectories))
        {
            using var truncated = new FileStream(file, FileMode.Open, FileAccess.Write);
            truncated.SetLength(8);
        }

        var parameters = new GenerationParams { Duration = 0.2, Seed = 1 };
        Exactly.Equal(expected.Generate("rain", parameters), model.Generate("rain", parameters));
    }

    [Fact]
    public void File_truncated_while_it_is_read_without_mapping_throws()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(4096) });
        using var archive = SafetensorsFile.Open(path, memoryMap: false);
        Assert.Null(archive.TryMap("a"));
        using (var truncated = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            truncated.SetLength(200);
        }

        Assert.Contains("truncated", Assert.Throws<CheckpointException>(() => archive.Read("a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Converted_directory_is_exchanged_with_the_existing_one()
    {
        using var folder = new TemporaryFolder();
        var target = folder.File("out");
        folder.Write("out/old.txt", [1]);
        using (var staged = new StagedDirectory(target, overwrite: true))
        {
            File.WriteAllText(Path.Combine(staged.Path, "new.txt"), "");
            staged.Commit();
        }

        Assert.Equal(["new.txt"], Directory.GetFiles(target).Select(Path.GetFileName));
        Assert.Equal([target], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Replaced_directory_is_restored_if_the_new_one_cannot_be_renamed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out/old.txt", [1]);
        Assert.ThrowsAny<IOException>(() => StagedDirectory.Replace(folder.File("none"), folder.File("out"), folder.File("aside")));
        Assert.Equal([folder.File("out")], Directory.GetFileSystemEntries(folder.Path));
        Assert.True(File.Exists(folder.File("out/old.txt")));
        folder.Write("new/new.txt", [1]);
        StagedDirectory.Replace(folder.File("new"), folder.File("out"), folder.File("aside"));
        Assert.True(File.Exists(folder.File("out/new.txt")));
        Assert.True(File.Exists(folder.File("aside/old.txt")));
    }

    [Fact]
    public void Directories_are_exchanged_in_one_step_on_Linux()
    {
        using var folder = new TemporaryFolder();
        folder.Write("first/a", []);
        folder.Write("second/b", []);
        var exchanged = DirectoryEntries.TryExchange(folder.File("first"), folder.File("second"));
        Assert.True(exchanged || !OperatingSystem.IsLinux());
        Assert.Equal(exchanged, File.Exists(folder.File("first/b")));
        Assert.Equal(exchanged, File.Exists(folder.File("second/a")));
        Assert.False(DirectoryEntries.TryExchange(folder.File("first"), folder.File("none")));
    }
}
