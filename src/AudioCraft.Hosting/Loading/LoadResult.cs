namespace AudioCraft.Hosting;

/// <summary>How loading ended.</summary>
/// <param name="Model">The model, where it was loaded.</param>
/// <param name="Error">Why it was not.</param>
internal sealed record LoadResult(LoadedModel? Model, Exception? Error);
