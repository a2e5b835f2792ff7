// MSBuild compiles this file: see Directory.Build.targets. It targets .NET Standard 2.0.
#nullable disable
using System;
using System.IO;
using System.Linq;
using System.Reflection;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace AudioCraft.Build;

/// <summary>Copies an assembly and sets an older version in the copy, which is only used for compilation.</summary>
public sealed class SetAssemblyVersion : Microsoft.Build.Utilities.Task
{
    /// <summary>The assembly.</summary>
    [Required]
    public ITaskItem Assembly { get; set; }

    /// <summary>The version of the copy.</summary>
    [Required]
    public string Version { get; set; }

    /// <summary>The folder of the copy.</summary>
    [Required]
    public string OutputFolder { get; set; }

    /// <summary>The copy, with the metadata of the original.</summary>
    [Output]
    public ITaskItem Result { get; set; }

    /// <inheritdoc />
    public override bool Execute()
    {
        var (path, wanted) = (Assembly.ItemSpec, System.Version.Parse(Version));
        var bytes = File.ReadAllBytes(path);
        var row = Row(AssemblyName.GetAssemblyName(path).Version);
        var at = IndexOf(bytes, row, 0);
        if (at < 0 || IndexOf(bytes, row, at + 1) >= 0)
        {
            Log.LogError("The version of {0} was not found exactly once in its metadata.", path);
            return false;
        }

        Row(wanted).CopyTo(bytes, at);
        Directory.CreateDirectory(OutputFolder);
        var copy = Path.Combine(OutputFolder, Path.GetFileName(path));
        if (!File.Exists(copy) || !File.ReadAllBytes(copy).SequenceEqual(bytes))
        {
            File.WriteAllBytes(copy, bytes);
        }

        Result = new TaskItem(copy);
        Assembly.CopyMetadataTo(Result);
        return true;
    }

    // The start of the row of the Assembly table (ECMA-335, II.22.2): the hash algorithm SHA-1 and four 16-bit numbers.
    private static byte[] Row(Version version) => new[] { 0x8004, 0, version.Major, version.Minor, version.Build, version.Revision }
        .SelectMany(number => BitConverter.GetBytes((ushort)number)).ToArray();

    private static int IndexOf(byte[] bytes, byte[] part, int start)
    {
        for (var at = start; at <= bytes.Length - part.Length; at++)
        {
            if (bytes[at] == part[0] && bytes.Skip(at).Take(part.Length).SequenceEqual(part))
            {
                return at;
            }
        }

        return -1;
    }
}
