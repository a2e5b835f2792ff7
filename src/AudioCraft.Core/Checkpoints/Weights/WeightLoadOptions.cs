using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>How the names of a module and of an archive meet. Without options they must be the same, one to one.</summary>
internal sealed record WeightLoadOptions
{
    /// <summary>Put before every name of the module to find it in the archive, such as <c>text_encoder.</c>; tensors of the archive without it are not the module's concern.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Turns a name of the module into the archive's (before <see cref="Prefix"/> is added), or null where the archive never has it.</summary>
    public Func<string, string?>? Rename { get; init; }

    /// <summary>Names of the module that may be absent from the archive; they keep their values.</summary>
    public Func<string, bool>? MayBeMissing { get; init; }

    /// <summary>Names of the archive that may stay unused.</summary>
    public Func<string, bool>? MayBeUnused { get; init; }

    /// <summary>Called with the module's own name of each tensor that has been filled.</summary>
    public Action<string>? Loaded { get; init; }

    /// <summary>Whether a tensor of the right element type may be used straight from the file's pages, shared with other processes and loaded when touched.</summary>
    public bool AllowMapping { get; init; } = true;
}
