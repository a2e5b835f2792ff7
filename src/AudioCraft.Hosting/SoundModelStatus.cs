namespace AudioCraft.Hosting;

/// <summary>Whether a model can be used.</summary>
/// <param name="State">Where it is in its life.</param>
/// <param name="Reason">Why it could not be loaded; null in other states.</param>
/// <param name="Download">How far a download is, while there is one.</param>
public sealed record SoundModelStatus(SoundModelState State, string? Reason = null, DownloadProgress? Download = null);
