using System.Collections;
using AudioCraft.Build;
using AudioCraft.Tests.Checkpoints;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace AudioCraft.Packaging.Tests;

/// <summary>The build step that lets TorchSharp load on Debian 12, Ubuntu 22.04 and RHEL 9.</summary>
public sealed class OlderLinuxTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Engine engine = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Real_library_needs_the_version_for_one_symbol_that_it_never_uses()
    {
        var needs = SymbolVersionNeeds.Read(Original());

        Assert.Single(needs.FlagsOffsets(MakeSymbolVersionOptional.Version));
        var symbol = Assert.Single(needs.SymbolsOf(MakeSymbolVersionOptional.Version));
        Assert.Equal(MakeSymbolVersionOptional.Symbol, symbol.Name);
        Assert.False(symbol.IsRelocated);
        Assert.Contains(needs.SymbolsOf("GLIBCXX_3.4"), each => each.IsRelocated);
    }

    [Fact]
    public void Copy_differs_in_one_bit_and_no_longer_requires_the_version()
    {
        var original = Original();
        var copy = File.ReadAllBytes(Assert.Single(Run(Place(original), System("3.4.30"))).ItemSpec);

        Assert.Equal(original.Length, copy.Length);
        var changed = Assert.Single(Enumerable.Range(0, copy.Length), index => copy[index] != original[index]);
        Assert.Equal(original[changed] | SymbolVersionNeeds.Weak, copy[changed]);
        Assert.Empty(SymbolVersionNeeds.Read(copy).FlagsOffsets(MakeSymbolVersionOptional.Version));
        Assert.Empty(engine.Warnings);
    }

    [Fact]
    public void Original_is_not_changed_and_the_copy_keeps_its_metadata()
    {
        var original = Original();
        var path = Place(original);

        var adapted = Assert.Single(Run(path, System("3.4.30")));

        Assert.Equal(original, File.ReadAllBytes(path));
        Assert.Equal("runtimes/linux-x64/native", adapted.GetMetadata("DestinationSubDirectory"));
        Assert.Equal(path, adapted.GetMetadata("OriginalItemSpec"));
    }

    [Fact]
    public void System_that_has_the_version_keeps_the_original() => Assert.Empty(Run(Place(Original()), System("3.4.33")));

    [Fact]
    public void System_without_libstdcpp_keeps_the_original() => Assert.Empty(Run(Place(Original()), folder.File("nothing")));

    [Fact]
    public void Build_step_can_be_forced_for_another_system() => Assert.Single(Run(Place(Original()), System("3.4.33"), onlyWhereSystemLacksIt: false));

    [Fact]
    public void Second_build_does_not_write_the_copy_again()
    {
        var path = Place(Original());
        var copy = Assert.Single(Run(path, System("3.4.30"))).ItemSpec;
        var written = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(copy, written);

        Assert.Single(Run(path, System("3.4.30")));

        Assert.Equal(written, File.GetLastWriteTimeUtc(copy));
    }

    [Fact]
    public void Library_that_needs_another_version_is_not_changed_and_gives_a_warning()
    {
        Assert.Empty(Run(Place(Original()), System("3.4.20")));

        var warning = Assert.Single(engine.Warnings);
        Assert.Equal("AUDIOCRAFT001", warning.Code);
        Assert.Contains("which the C and C++ libraries of the target system lack", warning.Message, StringComparison.Ordinal);
        Assert.Contains("AudioCraftOlderLinux=false", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GLIBCXX_3.4.21\0", "GLIBCXX_3.4.40\0", true)]
    [InlineData("GLIBCXX_3.4.21\0", "GLIBCXX_3.4.40\0", false)]
    [InlineData("GLIBCXX_3.4.32\0", "GLIBCXX_3.4.40\0", true)]
    [InlineData("GLIBCXX_3.4.32\0", "GLIBCXX_3.4.40\0", false)]
    [InlineData("GLIBC_2.34\0", "GLIBC_2.99\0", true)]
    [InlineData("GLIBC_2.34\0", "GLIBC_2.99\0", false)]
    public void Newer_library_that_needs_what_older_systems_lack_is_not_changed_and_gives_a_warning(string version, string newer, bool onlyWhereSystemLacksIt)
    {
        Assert.Empty(Run(Place(Replace(Original(), version, newer)), System("3.4.30"), onlyWhereSystemLacksIt));

        Assert.Contains($"It needs {newer.TrimEnd('\0')}", Assert.Single(engine.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Library_that_uses_the_symbol_is_not_changed_and_gives_a_warning()
    {
        // Renames another version to the tested one, so that symbols with relocations belong to it.
        var bytes = Replace(Replace(Original(), "GLIBCXX_3.4.32\0", "GLIBCXX_3.4.99\0"), "GLIBCXX_3.4.21\0", "GLIBCXX_3.4.32\0");
        Assert.Empty(Run(Place(bytes), System("3.4.30", "3.4.99")));

        Assert.Contains("It uses the symbol _Z", Assert.Single(engine.Warnings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(100_000)]
    [InlineData(2_000_000)]
    public void Truncated_library_is_not_changed_and_gives_a_warning(int length)
    {
        Assert.Empty(Run(Place(Original()[..length]), System("3.4.30")));

        var warning = Assert.Single(engine.Warnings);
        Assert.Equal("AUDIOCRAFT002", warning.Code);
        Assert.EndsWith("Delete the folder of the package torchsharp in the NuGet cache and restore again.", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_library_is_a_warning()
    {
        Assert.Empty(Run(folder.File("missing/libLibTorchSharp.so"), System("3.4.30")));

        Assert.Contains("restore again", Assert.Single(engine.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_ELF_library_is_not_changed_and_gives_a_warning()
    {
        var bytes = Original();
        while (bytes.AsSpan().IndexOf("libLibTorchSharp"u8) is var at and >= 0)
        {
            bytes[at] = (byte)'x';
        }

        Assert.Empty(Run(Place(bytes), System("3.4.30")));

        Assert.Contains("It is not TorchSharp's library.", Assert.Single(engine.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Library_of_another_system_is_not_changed_and_gives_a_warning()
    {
        var windows = new byte[4096];
        "MZ"u8.CopyTo(windows);
        Assert.Empty(Run(Place(windows), System("3.4.30")));

        Assert.Contains("not a 64-bit little-endian ELF file", Assert.Single(engine.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_library_gives_at_most_a_warning()
    {
        var original = Original();
        var random = new Random(20261127);
        // The header, the section headers and the table of needed versions.
        var headers = (int)BitConverter.ToUInt64(original, 40);
        var needed = SymbolVersionNeeds.Read(original).FlagsOffsets(MakeSymbolVersionOptional.Version)[0];
        for (var round = 0; round < 60; round++)
        {
            var bytes = (byte[])original.Clone();
            for (var change = 0; change < 4; change++)
            {
                var at = random.Next(3) switch { 0 => random.Next(64), 1 => random.Next(headers, bytes.Length), _ => random.Next(needed - 200, needed + 200) };
                bytes[at] = (byte)random.Next(256);
            }

            engine.Warnings.Clear();
            var adapted = Run(Place(bytes), System("3.4.30"));
            Assert.True(adapted.Length + engine.Warnings.Count <= 1);
            Assert.Empty(engine.Errors);
        }
    }

    [Fact]
    public void Output_folder_that_cannot_be_written_is_an_error_that_names_it()
    {
        var file = folder.Write("file", "x"u8);
        Assert.Empty(Run(Place(Original()), System("3.4.30"), output: Path.Combine(file, "below")));

        Assert.Contains(file, Assert.Single(engine.Errors).Message, StringComparison.Ordinal);
    }

    private static byte[] Original() => File.ReadAllBytes(Path.Combine(PackageFolder(), "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));

    /// <summary>TorchSharp's folder in the NuGet cache: the output folder's copy may be the adapted one.</summary>
    private static string PackageFolder()
    {
        var version = typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3);
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Path.Combine(cache, "torchsharp", version);
    }

    private string Place(byte[] bytes) => folder.Write("package/libLibTorchSharp.so", bytes);

    /// <summary>A folder with a libstdc++ that has these versions and those before 3.4.20.</summary>
    private string System(params string[] versions)
    {
        var older = Enumerable.Range(1, 20).Select(minor => $"GLIBCXX_3.4.{minor}").Append("GLIBCXX_3.4");
        var newest = versions.Select(version => int.Parse(version.Split('.')[2], global::System.Globalization.CultureInfo.InvariantCulture)).Min();
        var between = Enumerable.Range(21, Math.Max(0, newest - 20)).Select(minor => $"GLIBCXX_3.4.{minor}");
        var abi = Enumerable.Range(1, 20).Select(minor => $"CXXABI_1.3.{minor}").Append("CXXABI_1.3");
        var names = older.Concat(between).Concat(versions.Select(version => $"GLIBCXX_{version}")).Concat(abi);
        return Path.GetDirectoryName(folder.Write("system/libstdc++.so.6", global::System.Text.Encoding.ASCII.GetBytes("\0" + string.Join('\0', names) + "\0")))!;
    }

    private ITaskItem[] Run(string library, string systemFolder, bool onlyWhereSystemLacksIt = true, string? output = null)
    {
        var item = new TaskItem(library);
        item.SetMetadata("DestinationSubDirectory", "runtimes/linux-x64/native");
        var task = new MakeSymbolVersionOptional
        {
            BuildEngine = engine,
            Library = [item],
            OutputFolder = output ?? folder.File("obj"),
            OnlyWhereSystemLacksIt = onlyWhereSystemLacksIt,
            LibraryFolders = [systemFolder],
        };
        Assert.Equal(task.Execute(), engine.Errors.Count == 0);
        return task.Adapted;
    }

    private static byte[] Replace(byte[] bytes, string from, string to)
    {
        var at = bytes.AsSpan().IndexOf(global::System.Text.Encoding.ASCII.GetBytes(from));
        Assert.True(at > 0 && from.Length == to.Length);
        global::System.Text.Encoding.ASCII.GetBytes(to).CopyTo(bytes, at);
        return bytes;
    }

    /// <summary>Records the log of a task.</summary>
    private sealed class Engine : IBuildEngine
    {
        public List<BuildErrorEventArgs> Errors { get; } = [];

        public List<BuildWarningEventArgs> Warnings { get; } = [];

        public bool ContinueOnError => false;

        public int LineNumberOfTaskNode => 0;

        public int ColumnNumberOfTaskNode => 0;

        public string ProjectFileOfTaskNode => "";

        public bool BuildProjectFile(string projectFileName, string[] targetNames, IDictionary globalProperties, IDictionary targetOutputs) => false;

        public void LogCustomEvent(CustomBuildEventArgs e)
        {
        }

        public void LogErrorEvent(BuildErrorEventArgs e) => Errors.Add(e);

        public void LogMessageEvent(BuildMessageEventArgs e)
        {
        }

        public void LogWarningEvent(BuildWarningEventArgs e) => Warnings.Add(e);
    }
}
