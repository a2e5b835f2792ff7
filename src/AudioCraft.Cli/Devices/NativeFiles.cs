using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace AudioCraft.Cli.Devices;

/// <summary>The application's own native libraries, examined without loading them.</summary>
internal static class NativeFiles
{
    private const int HeaderSize = 64;

    private static readonly string Name = OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib" : "libLibTorchSharp.so";

    private static readonly string[] Libraries = ["libLibTorchSharp.so", "libc10.so", "libtorch.so", "libtorch_cpu.so"];

    /// <summary>TorchSharp's native library beside the application, or null.</summary>
    public static string? TorchSharp() => Find(Name);

    /// <summary>
    /// The first truncated or foreign library of libtorch and TorchSharp on Linux, in one sentence; null if there is none. Loading a truncated one can end the process.
    /// </summary>
    public static string? Damage() => OperatingSystem.IsLinux()
        ? Libraries.Select(Find).OfType<string>().Select(DamageOf).FirstOrDefault(damage => damage is not null)
        : null;

    /// <summary>What is wrong with an ELF file: its section headers are at its end, so a truncated file lacks them.</summary>
    public static string? DamageOf(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderSize];
        if (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize || !header.StartsWith("\u007fELF"u8) || header[4] != 2)
        {
            return $"{path} is not a library for 64-bit Linux.";
        }

        var end = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]) + ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(header[58..]) * BinaryPrimitives.ReadUInt16LittleEndian(header[60..]));
        return end <= (ulong)file.Length ? null : $"{path} is truncated: it has {file.Length} bytes, but {end} were expected.";
    }

    /// <summary>The dynamic loader's error when it loads TorchSharp's native library; null if it succeeds or the library is missing.</summary>
    public static string? LoaderError()
    {
        if (TorchSharp() is not { } file)
        {
            return null;
        }

        try
        {
            NativeLibrary.Free(NativeLibrary.Load(file));
            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            return LibtorchError.OneLine(error.Message);
        }
    }

    /// <summary>One sentence about TorchSharp's native library if it is not beside the application; null if it is.</summary>
    public static string? Missing() => TorchSharp() is null ? $"{Name} is missing in {AppContext.BaseDirectory}." : null;

    private static string? Find(string name) => new[] { name, Path.Combine("runtimes", RuntimeInformation.RuntimeIdentifier, "native", name) }
        .Select(place => Path.Combine(AppContext.BaseDirectory, place)).FirstOrDefault(File.Exists);
}
