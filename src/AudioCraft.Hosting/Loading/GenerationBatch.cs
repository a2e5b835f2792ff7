namespace AudioCraft.Hosting;

/// <summary>Sounds to make together.</summary>
/// <param name="Descriptions">What to hear, one text an item.</param>
/// <param name="Parameters">How, with a seed for each item.</param>
/// <param name="Prompt">The sound that the only item goes on from, or null.</param>
internal sealed record GenerationBatch(IReadOnlyList<string> Descriptions, GenerationParams Parameters, Sound? Prompt = null);
