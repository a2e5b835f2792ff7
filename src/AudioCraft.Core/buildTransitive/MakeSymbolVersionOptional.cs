// MSBuild compiles this file when an application is built on Linux: see AudioCraft.Core.targets. It targets .NET Standard 2.0.
#nullable disable
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace AudioCraft.Build;

/// <summary>
/// Copies libLibTorchSharp.so and marks the version GLIBCXX_3.4.32 in the copy as optional, so that it loads where libstdc++ is older than GCC 13's.
/// A library that needs anything else that the system lacks is left alone, with a warning.
/// </summary>
public sealed class MakeSymbolVersionOptional : Microsoft.Build.Utilities.Task
{
    /// <summary>The newest version that TorchSharp 0.107 names.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    /// <summary>The only symbol of that version. The library names it and never uses it.</summary>
    public const string Symbol = "_ZSt21ios_base_library_initv";

    private const string Advice = "The file was not changed. Use the TorchSharp version that AudioCraft was tested with, or a newer system (Debian 13, Ubuntu 24.04, RHEL 10). "
        + "AudioCraftOlderLinux=false turns this check off.";

    private static readonly char[] Colon = { ':' };

    /// <summary>What the oldest supported systems have: Ubuntu 22.04's libstdc++ and RHEL 9's libc.</summary>
    private static readonly string[] OldestSystem = Versions("GLIBCXX_3.4", 30).Concat(Versions("CXXABI_1.3", 13)).Concat(Versions("GLIBC_2", 34)).ToArray();

    private static readonly string[] SystemFolders =
        { "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib" };

    /// <summary>The libLibTorchSharp.so of the package.</summary>
    [Required]
    public ITaskItem[] Library { get; set; }

    /// <summary>Where the copy is written.</summary>
    [Required]
    public string OutputFolder { get; set; }

    /// <summary>Whether the copy is made only if this machine's libstdc++ lacks the version.</summary>
    public bool OnlyWhereSystemLacksIt { get; set; }

    /// <summary>Folders with the libstdc++.so.6 to examine, in order; by default those that the dynamic loader searches.</summary>
    public string[] LibraryFolders { get; set; }

    /// <summary>The copies, with the metadata of the originals, whose paths are in OriginalItemSpec.</summary>
    [Output]
    public ITaskItem[] Adapted { get; set; } = Array.Empty<ITaskItem>();

    /// <inheritdoc />
    public override bool Execute()
    {
        var provided = OnlyWhereSystemLacksIt ? VersionsOfSystem() : new HashSet<string>(OldestSystem, StringComparer.Ordinal);
        // If no libstdc++ is found, the library is not changed.
        if (provided == null || provided.Contains(Version))
        {
            return true;
        }

        var adapted = new List<ITaskItem>();
        foreach (var item in Library)
        {
            if (Adapt(item, provided) is { } copy)
            {
                adapted.Add(copy);
            }
        }

        Adapted = adapted.ToArray();
        return !Log.HasLoggedErrors;
    }

    private TaskItem Adapt(ITaskItem item, HashSet<string> provided)
    {
        byte[] bytes;
        SymbolVersionNeeds needs;
        string problem;
        try
        {
            bytes = File.ReadAllBytes(item.ItemSpec);
            needs = SymbolVersionNeeds.Read(bytes);
            if (needs.FirstMissing(provided) == null)
            {
                return null;
            }

            problem = Problem(needs, provided);
        }
        catch (Exception error) when (error is InvalidDataException || error is IOException || error is UnauthorizedAccessException)
        {
            Warn("AUDIOCRAFT002", item, "is damaged: " + error.Message + " Delete the folder of the package torchsharp in the NuGet cache and restore again.");
            return null;
        }

        if (problem != null)
        {
            Warn("AUDIOCRAFT001", item, "may not load. " + problem + " " + Advice);
            return null;
        }

        foreach (var offset in needs.FlagsOffsets(Version))
        {
            bytes[offset] |= SymbolVersionNeeds.Weak;
        }

        try
        {
            return Write(item, bytes);
        }
        catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
        {
            Log.LogError(null, "AUDIOCRAFT003", null, null, 0, 0, 0, 0, "The adapted copy of libLibTorchSharp.so cannot be written to {0}: {1}", OutputFolder, error.Message);
            return null;
        }
    }

    /// <summary>Why making the version optional would not be enough, or not be safe; null if it is both.</summary>
    private static string Problem(SymbolVersionNeeds needs, HashSet<string> provided)
    {
        var missing = needs.FirstMissing(provided, except: Version);
        if (missing != null)
        {
            return "It needs " + missing + ", which the C and C++ libraries of the target system lack.";
        }

        var symbols = needs.SymbolsOf(Version);
        var other = symbols.FirstOrDefault(symbol => symbol.Name != Symbol || symbol.IsRelocated);
        return other == null ? null : "It uses the symbol " + other.Name + " of " + Version + ", which the target system's libstdc++ lacks.";
    }

    private TaskItem Write(ITaskItem item, byte[] bytes)
    {
        Directory.CreateDirectory(OutputFolder);
        var path = Path.Combine(OutputFolder, Path.GetFileName(item.ItemSpec));
        if (!File.Exists(path) || !File.ReadAllBytes(path).SequenceEqual(bytes))
        {
            // Renamed into place: a program that has the old file mapped keeps it.
            var temporary = Path.Combine(OutputFolder, Path.GetRandomFileName());
            try
            {
                File.WriteAllBytes(temporary, bytes);
                File.Delete(path);
                File.Move(temporary, path);
            }
            finally
            {
                File.Delete(temporary);
            }

            Log.LogMessage(MessageImportance.Normal, "This system's libstdc++ lacks {0}: it is optional in {1}.", Version, path);
        }

        var copy = new TaskItem(path);
        item.CopyMetadataTo(copy);
        copy.SetMetadata("OriginalItemSpec", item.ItemSpec);
        return copy;
    }

    private void Warn(string code, ITaskItem item, string problem) => Log.LogWarning(null, code, null, null, 0, 0, 0, 0, "{0} {1}", item.ItemSpec, problem);

    /// <summary>The symbol versions of the libstdc++.so.6 and libc.so.6 that the dynamic loader would take, or null if no libstdc++ is found.</summary>
    private HashSet<string> VersionsOfSystem()
    {
        var folders = (LibraryFolders ?? LoaderFolders()).ToArray();
        var path = FirstFile(folders, "libstdc++.so.6");
        if (path == null)
        {
            Log.LogMessage(MessageImportance.Low, "No libstdc++.so.6 was found: TorchSharp's library is not changed.");
            return null;
        }

        var versions = new HashSet<string>(VersionNames(path), StringComparer.Ordinal);
        versions.UnionWith(FirstFile(folders, "libc.so.6") is { } libc ? VersionNames(libc) : OldestSystem.Where(version => version.StartsWith("GLIBC_", StringComparison.Ordinal)));
        return versions;
    }

    private static string FirstFile(IEnumerable<string> folders, string name) => folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    // The names are in the string table, each ended by a zero.
    private static IEnumerable<string> VersionNames(string path) => Encoding.ASCII.GetString(File.ReadAllBytes(path)).Split('\0').Where(SymbolVersionNeeds.IsCompared);

    // GLIBC_2.2.5 and GLIBCXX_3.4.9 alike: patch versions existed for old releases only, up to 6.
    private static IEnumerable<string> Versions(string prefix, int newest) => new[] { prefix }.Concat(Enumerable.Range(0, newest + 1)
        .SelectMany(minor => Enumerable.Range(1, 6).Select(patch => prefix + "." + minor + "." + patch).Prepend(prefix + "." + minor)));

    private static IEnumerable<string> LoaderFolders() =>
        (Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "").Split(Colon, StringSplitOptions.RemoveEmptyEntries).Concat(SystemFolders);
}

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF library needs of others, from its sections .gnu.version_r, .gnu.version, .dynsym and relocations
/// (System V ABI; Linux Standard Base, "Symbol Versioning").
/// </summary>
public sealed class SymbolVersionNeeds
{
    /// <summary>VER_FLG_WEAK: the loader accepts that the version is missing.</summary>
    public const byte Weak = 2;

    private const uint DynamicSymbols = 11, RelocationsWithAddend = 4, VersionNeeds = 0x6ffffffe, VersionOfSymbols = 0x6fffffff;
    private const int SectionHeaderSize = 64, SymbolSize = 24, RelocationSize = 24, NeedSize = 16, AuxiliarySize = 16;

    private readonly byte[] bytes;
    private readonly List<Section> sections;
    private readonly List<Need> needs = new List<Need>();

    private SymbolVersionNeeds(byte[] bytes)
    {
        this.bytes = bytes;
        if (bytes.Length < 64 || U32(0) != 0x464c457f || bytes[4] != 2 || bytes[5] != 1)
        {
            throw new InvalidDataException("It is not a 64-bit little-endian ELF file.");
        }

        if (Encoding.ASCII.GetString(bytes).IndexOf("libLibTorchSharp", StringComparison.Ordinal) < 0)
        {
            throw new InvalidDataException("It is not TorchSharp's library.");
        }

        sections = ReadSections();
        ReadNeeds();
    }

    /// <summary>Reads a library.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">It is not such a file, or it is damaged.</exception>
    public static SymbolVersionNeeds Read(byte[] bytes) => new SymbolVersionNeeds(bytes);

    /// <summary>Whether a version is one of the C or C++ library.</summary>
    public static bool IsCompared(string version) =>
        version.StartsWith("GLIBCXX_", StringComparison.Ordinal) || version.StartsWith("CXXABI_", StringComparison.Ordinal) || version.StartsWith("GLIBC_", StringComparison.Ordinal);

    /// <summary>The positions of the low bytes of the version's flags, where it is required.</summary>
    public IReadOnlyList<int> FlagsOffsets(string version) => needs.Where(each => each.Version == version && !each.IsWeak).Select(each => each.FlagsOffset).ToList();

    /// <summary>The first version of the C or C++ library that is required and not provided, or null.</summary>
    public string FirstMissing(ICollection<string> provided, string except = null) => needs
        .Where(need => !need.IsWeak && IsCompared(need.Version))
        .Select(need => need.Version)
        .FirstOrDefault(version => version != except && !provided.Contains(version));

    /// <summary>The symbols that the library imports in a version.</summary>
    public IReadOnlyList<VersionedSymbol> SymbolsOf(string version)
    {
        var indices = new HashSet<ushort>(needs.Where(need => need.Version == version).Select(need => need.Index));
        var symbols = Find(DynamicSymbols);
        var versions = Find(VersionOfSymbols);
        if (symbols == null || versions == null)
        {
            throw new InvalidDataException("It has no dynamic symbol table with versions.");
        }

        var count = symbols.Size / SymbolSize;
        if (versions.Size / 2 < count)
        {
            throw new InvalidDataException("Its symbol versions are fewer than its symbols.");
        }

        var relocated = RelocatedSymbols();
        var strings = StringsOf(symbols);
        var found = new List<VersionedSymbol>();
        for (var index = 0; index < count; index++)
        {
            if (indices.Contains((ushort)(U16(versions.Offset + (2 * index)) & 0x7fff)))
            {
                found.Add(new VersionedSymbol(Text(strings, U32(symbols.Offset + (SymbolSize * index))), relocated.Contains((uint)index)));
            }
        }

        return found;
    }

    private HashSet<uint> RelocatedSymbols()
    {
        var found = new HashSet<uint>();
        foreach (var section in sections.Where(each => each.Type == RelocationsWithAddend))
        {
            for (var entry = 0; entry < section.Size / RelocationSize; entry++)
            {
                found.Add(U32(section.Offset + (RelocationSize * entry) + 12));
            }
        }

        return found;
    }

    private List<Section> ReadSections()
    {
        var (table, size, count) = (Offset(U64(40)), U16(58), U16(60));
        if (size != SectionHeaderSize || count == 0)
        {
            throw new InvalidDataException("It has no section headers.");
        }

        Require(table, (long)size * count);
        var found = new List<Section>(count);
        for (var index = 0; index < count; index++)
        {
            var header = table + (size * index);
            var section = new Section(U32(header + 4), U64(header + 24), U64(header + 32), U32(header + 40), U32(header + 44));
            // SHT_NOBITS takes no room in the file.
            if (section.Type != 8)
            {
                Require(section.Start, section.Length);
            }

            found.Add(section);
        }

        return found;
    }

    private void ReadNeeds()
    {
        var section = Find(VersionNeeds);
        if (section == null)
        {
            return;
        }

        var strings = StringsOf(section);
        // The number of libraries is in the header; each is bounded by the section, so a damaged file cannot cause reads outside it or an endless loop.
        var need = section.Offset;
        for (var library = 0U; library < section.Info; library++)
        {
            RequireWithin(section, need, NeedSize);
            var auxiliary = Advance(section, need, U32(need + 8));
            for (var version = 0; version < U16(need + 2); version++)
            {
                RequireWithin(section, auxiliary, AuxiliarySize);
                needs.Add(new Need(Text(strings, U32(auxiliary + 8)), (ushort)(U16(auxiliary + 6) & 0x7fff), auxiliary + 4, (bytes[auxiliary + 4] & Weak) != 0));
                auxiliary = Advance(section, auxiliary, U32(auxiliary + 12));
            }

            need = Advance(section, need, U32(need + 12));
        }
    }

    private Section Find(uint type) => sections.FirstOrDefault(section => section.Type == type);

    private Section StringsOf(Section section) => section.Link < sections.Count && sections[(int)section.Link].Type == 3
        ? sections[(int)section.Link]
        : throw new InvalidDataException("A section names a string table that does not exist.");

    private string Text(Section strings, uint start)
    {
        var end = start < strings.Size ? Array.IndexOf(bytes, (byte)0, strings.Offset + (int)start, strings.Size - (int)start) : -1;
        return end >= 0
            ? Encoding.ASCII.GetString(bytes, strings.Offset + (int)start, end - strings.Offset - (int)start)
            : throw new InvalidDataException("A name lies outside its string table.");
    }

    private static int Advance(Section section, int from, uint step) => step <= section.Size
        ? from + (int)step
        : throw new InvalidDataException("A version entry points outside its section.");

    private static void RequireWithin(Section section, int offset, int size)
    {
        if (offset < section.Offset || offset + size > section.Offset + section.Size)
        {
            throw new InvalidDataException("A version entry lies outside its section.");
        }
    }

    private void Require(ulong start, ulong length)
    {
        if (start > (ulong)bytes.Length || length > (ulong)bytes.Length - start)
        {
            throw new InvalidDataException("It ends too early: it is truncated or damaged.");
        }
    }

    private void Require(int start, long length) => Require((ulong)start, (ulong)length);

    private int Offset(ulong value) => value <= (ulong)bytes.Length ? (int)value : throw new InvalidDataException("It ends too early: it is truncated or damaged.");

    private ushort U16(int offset) => BitConverter.ToUInt16(bytes, offset);

    private uint U32(int offset) => BitConverter.ToUInt32(bytes, offset);

    private ulong U64(int offset) => BitConverter.ToUInt64(bytes, offset);

    private sealed class Need
    {
        public Need(string version, ushort index, int flagsOffset, bool isWeak)
        {
            Version = version;
            Index = index;
            FlagsOffset = flagsOffset;
            IsWeak = isWeak;
        }

        public string Version { get; }

        public ushort Index { get; }

        public int FlagsOffset { get; }

        public bool IsWeak { get; }
    }

    private sealed class Section
    {
        public Section(uint type, ulong start, ulong length, uint link, uint info)
        {
            Type = type;
            Start = start;
            Length = length;
            Link = link;
            Info = info;
        }

        public uint Type { get; }

        public ulong Start { get; }

        public ulong Length { get; }

        public uint Link { get; }

        public uint Info { get; }

        public int Offset => (int)Start;

        public int Size => (int)Length;
    }
}

/// <summary>An imported symbol.</summary>
public sealed class VersionedSymbol
{
    /// <summary>Creates the description of a symbol.</summary>
    public VersionedSymbol(string name, bool isRelocated)
    {
        Name = name;
        IsRelocated = isRelocated;
    }

    /// <summary>The mangled name.</summary>
    public string Name { get; }

    /// <summary>Whether code or data refers to it, so that the loader must find it.</summary>
    public bool IsRelocated { get; }
}
