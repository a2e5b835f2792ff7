using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace AudioCraft.Checkpoints;

/// <summary>Files that contain only a state dictionary, as published by facebookresearch/encodec.</summary>
internal static partial class StateDictFile
{
    /// <summary>Opens a file written by <c>torch.save</c>, or a safetensors file.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or its SHA-256 does not start with the digits in its name.</exception>
    public static TensorArchive Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        TensorArchive archive = Path.GetExtension(path) == CheckpointFiles.Safetensors ? SafetensorsFile.Open(path) : TorchFile.Open(path);
        try
        {
            CheckHash(archive);
            return archive;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>Compares an open file with the digits that <c>torch.hub</c> puts at the end of a name, as in <c>encodec_24khz-d7cc33bc.th</c>.</summary>
    /// <exception cref="CheckpointException">The SHA-256 of the file does not start with the digits.</exception>
    public static void CheckHash(TensorArchive archive)
    {
        if (archive is not TorchFile { File: var file } || HashInName().Match(Path.GetFileName(file.Path)) is not { Success: true } match)
        {
            return;
        }

        var expected = match.Groups[1].Value;
        using var stream = new CheckpointStream(file, 0, file.Length);
        var actual = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (!actual.StartsWith(expected, StringComparison.Ordinal))
        {
            throw new CheckpointException($"{file.Path} is damaged: its SHA-256 should start with {expected} according to its name, but starts with {actual[..expected.Length]}.");
        }
    }

    [GeneratedRegex(@"-([0-9a-f]{8,64})\.th$")]
    private static partial Regex HashInName();
}
