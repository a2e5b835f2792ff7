namespace AudioCraft.Hosting;

/// <summary>Where models come from. Tests put another in its place.</summary>
internal interface IModelLoader
{
    Task<LoadedModel> LoadAsync(SoundModelOptions options, IProgress<DownloadProgress> progress, CancellationToken cancellationToken);
}
