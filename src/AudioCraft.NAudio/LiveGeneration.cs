namespace AudioCraft.NAudio;

/// <summary>Generation as something to listen to.</summary>
public static class LiveGeneration
{
    /// <summary>Begins to make a sound, and gives it as it is made. Dispose of it to end the making; the model is held until then or until all is made.</summary>
    /// <param name="model">The model.</param>
    /// <param name="description">What to hear; an empty text leaves it to the model.</param>
    /// <param name="options">How far the making keeps ahead of who listens.</param>
    /// <param name="chunkSeconds">Sound in a piece, in seconds, above 0: smaller ones are heard sooner, larger ones are made faster.</param>
    /// <param name="progress">Told after each step, on another thread.</param>
    /// <param name="cancellationToken">Ends the sound and its making, between steps.</param>
    /// <exception cref="ArgumentException">A value is out of range. What only turns out while the sound is made is thrown by <see cref="LiveSampleProvider.Read"/>.</exception>
    public static LiveSampleProvider GenerateLive(
        this BaseGenModel model,
        string description,
        LiveOptions? options = null,
        double chunkSeconds = 0.2,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var chunks = model.GenerateStreamingAsync(description, chunkSeconds, progress, CancellationToken.None);
        return new LiveSampleProvider(chunks, model.SampleRate, model.AudioChannels, options, cancellationToken);
    }
}
