namespace AudioCraft.NAudio;

/// <summary>Generation as a sample provider.</summary>
public static class LiveGeneration
{
    /// <summary>
    /// Starts generating in the background and returns a provider of the samples. Reading the provider waits for the model and ends with the last sample, for files and effects;
    /// <see cref="LiveSampleProvider.Playback"/> never waits, for audio devices. Disposing the provider stops the generation.
    /// </summary>
    /// <example>
    /// <code>
    /// using var live = gen.GenerateLive("heavy rain");
    /// WaveFileWriter.CreateWaveFile16("rain.wav", live);   // to a file
    ///
    /// using var other = gen.GenerateLive("heavy rain");
    /// await AudioPlayback.PlayAsync(other);                // to the default device
    /// </code>
    /// </example>
    /// <param name="model">The model.</param>
    /// <param name="description">The text; empty for unconditional generation.</param>
    /// <param name="parameters">The parameters of this generation; null for the defaults of the model.</param>
    /// <param name="options">How much is buffered.</param>
    /// <param name="chunkSeconds">The length of a chunk in seconds, above 0: shorter chunks start playback sooner, longer ones are generated faster.</param>
    /// <param name="progress">Receives the progress after each step, on another thread.</param>
    /// <param name="cancellationToken">Stops the generation between steps and ends the provider.</param>
    /// <exception cref="ArgumentException">A value is out of range. Errors during the generation are thrown by <see cref="LiveSampleProvider.Read"/>.</exception>
    public static LiveSampleProvider GenerateLive(
        this BaseGenModel model,
        string description,
        GenerationParams? parameters = null,
        LiveOptions? options = null,
        double chunkSeconds = 0.2,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var chunks = model.GenerateStreamingAsync(description, parameters, chunkSeconds, progress, CancellationToken.None);
        return new LiveSampleProvider(chunks, model.SampleRate, model.AudioChannels, options, cancellationToken);
    }
}
