namespace AudioCraft.Fuzz;

/// <summary>One reader of untrusted input.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Seeds">Valid inputs, which are mutated.</param>
/// <param name="Read">Reads an input. May throw nothing but <see cref="AudioCraftException"/>.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Read)
{
    /// <summary>Whether accepted inputs build modules. TorchSharp's count of live tensors is then not exact: it grows by one per disposed parameter.</summary>
    public bool BuildsModels { get; init; }
}
