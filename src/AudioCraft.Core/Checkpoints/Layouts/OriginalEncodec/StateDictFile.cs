using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace AudioCraft.Checkpoints;

/// <summary>Files that hold only a state dictionary, as published by facebookresearch/encodec.</summary>
internal static partial class StateDictFile
{
    /// <summary>Opens a file of <c>torch.save</c>, or safetensors.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or its SHA-256 does not start with the digits in its name.</exception>
    public static TensorArchive Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Path.GetExtension(path) == CheckpointFiles.Safetensors)
        {
            return SafetensorsFile.Open(path);
        }

        CheckHash(path);
        return TorchFile.Open(path);
    }

    /// <summary>Compares the file with the digits that PyTorch's hub puts at the end of a name, as in <c>encodec_24khz-d7cc33bc.th</c>.</summary>
    private static void CheckHash(string path)
    {
        if (HashInName().Match(Path.GetFileName(path)) is not { Success: true } match)
        {
            return;
        }

        var expected = match.Groups[1].Value;
        string actual;
        try
        {
            using var stream = File.OpenRead(path);
            actual = Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path} cannot be read: {e.Message}", e);
        }

        if (!actual.StartsWith(expected, StringComparison.Ordinal))
        {
            throw new CheckpointException($"{path} is damaged: its SHA-256 should start with {expected} according to its name, but starts with {actual[..expected.Length]}.");
        }
    }

    [GeneratedRegex(@"-([0-9a-f]{8,64})\.th$")]
    private static partial Regex HashInName();
}
