using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>How the names of a module map to those of an archive. By default they must be equal.</summary>
internal sealed record WeightLoadOptions
{
    /// <summary>Prefix of the module's names in the archive, such as <c>text_encoder.</c>; tensors of the archive without it are ignored.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Maps a name of the module to the archive's (before <see cref="Prefix"/> is added); null if the archive never has it.</summary>
    public Func<string, string?>? Rename { get; init; }

    /// <summary>Names of the module that may be absent from the archive; they keep their values.</summary>
    public Func<string, bool>? MayBeMissing { get; init; }

    /// <summary>Names of the archive that may stay unused.</summary>
    public Func<string, bool>? MayBeUnused { get; init; }

    /// <summary>Called with the module's own name of each tensor that has been filled.</summary>
    public Action<string>? Loaded { get; init; }

    /// <summary>Whether tensors with the right element type may use the file's memory-mapped pages.</summary>
    public bool AllowMapping { get; init; } = true;
}
