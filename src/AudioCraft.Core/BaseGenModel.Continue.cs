using AudioCraft.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <content>The calls that continue recordings.</content>
public abstract partial class BaseGenModel
{
    /// <summary>
    /// Continues recordings of any length. The result is the whole recording followed by generated audio. The model receives the end of the recording, as much as fits
    /// into its window; the last 30 ms of the recording are cross-faded with the codec's reconstruction of them, so that the generated audio follows without a click.
    /// </summary>
    /// <remarks><see cref="GenerateContinuation"/> instead returns the prompt as the codec reconstructs it, as upstream does.</remarks>
    /// <param name="recording">[B, C, T] or [C, T] float, of any channel count. It is read before the method returns.</param>
    /// <param name="sampleRate">Sample rate of the recording in Hz; it is resampled to <see cref="SampleRate"/> and converted to <see cref="AudioChannels"/>.</param>
    /// <param name="descriptions">One text (or null) an item; null for none.</param>
    /// <param name="parameters">The parameters of this call; null for <see cref="GenerationParams"/>. <see cref="GenerationParams.Duration"/> is the length of the audio after the recording.</param>
    /// <param name="progress">Receives the progress after each decoding step.</param>
    /// <param name="cancellationToken">Checked while the call waits for the model and between decoding steps.</param>
    /// <returns>[B, C, T' + duration · <see cref="SampleRate"/>] float, on <see cref="Device"/>, where T' is the number of samples of the converted recording.</returns>
    /// <exception cref="ArgumentException">The shape or type of the recording is wrong, it contains values that are not finite, or a parameter does not fit the model.</exception>
    /// <exception cref="AudioCraftException">The language model's logits are not finite.</exception>
    /// <exception cref="InvalidOperationException">The codec normalizes loudness and cannot encode a prompt, or the call comes from a progress callback of the same model.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before or during the call.</exception>
    /// <exception cref="OperationCanceledException">The call was canceled.</exception>
    public Tensor ContinueRecording(
        Tensor recording, int sampleRate, IReadOnlyList<string?>? descriptions = null,
        GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var continuation = Continuation(recording, sampleRate, descriptions, parameters);
        using var audio = AudioOnly(Run(Request(continuation.Context(), descriptions, continuation.Parameters, progress), cancellationToken));
        return continuation.Join(audio);
    }

    /// <inheritdoc cref="ContinueRecording"/>
    public Task<Tensor> ContinueRecordingAsync(
        Tensor recording, int sampleRate, IReadOnlyList<string?>? descriptions = null,
        GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var continuation = Continuation(recording, sampleRate, descriptions, parameters);
        try
        {
            return RunAndJoinAsync(continuation, Request(continuation.Context(), descriptions, continuation.Parameters, progress), cancellationToken);
        }
        catch
        {
            continuation.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Continues recordings as upstream does: the result begins with the recording as the codec reconstructs it. <see cref="ContinueRecording"/> keeps the recording itself.
    /// </summary>
    /// <param name="prompt">[B, C, T] or [C, T] float, of any channel count. It is read before the method returns.</param>
    /// <param name="promptSampleRate">Sample rate of the prompt in Hz; it is resampled to <see cref="SampleRate"/>.</param>
    /// <param name="descriptions">One text (or null) an item; null for none.</param>
    /// <param name="parameters">The parameters of this call; null for <see cref="GenerationParams"/>. <see cref="GenerationParams.Duration"/> includes the prompt, which must have fewer frames.</param>
    /// <param name="progress">Receives the progress after each decoding step.</param>
    /// <param name="cancellationToken">Checked while the call waits for the model and between decoding steps.</param>
    /// <returns>[B, C, T] float at <see cref="SampleRate"/>, on <see cref="Device"/>.</returns>
    /// <exception cref="ArgumentException">The prompt has another shape, contains values that are not finite, or is not shorter than the duration.</exception>
    public Tensor GenerateContinuation(
        Tensor prompt, int promptSampleRate, IReadOnlyList<string?>? descriptions = null,
        GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        AudioOnly(GenerateContinuationWithTokens(prompt, promptSampleRate, descriptions, parameters, progress, cancellationToken));

    /// <inheritdoc cref="GenerateContinuation"/>
    public Task<Tensor> GenerateContinuationAsync(
        Tensor prompt, int promptSampleRate, IReadOnlyList<string?>? descriptions = null,
        GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        AudioOnly(GenerateContinuationWithTokensAsync(prompt, promptSampleRate, descriptions, parameters, progress, cancellationToken));

    /// <summary>Continues recordings as <see cref="GenerateContinuation"/> does and returns the audio with its codes.</summary>
    /// <returns>The audio [B, C, T] float and the codes [B, K, F] int64 that it was decoded from.</returns>
    /// <inheritdoc cref="GenerateContinuation"/>
    public (Tensor Audio, Tensor Tokens) GenerateContinuationWithTokens(
        Tensor prompt, int promptSampleRate, IReadOnlyList<string?>? descriptions = null,
        GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Run(Request(prompt, promptSampleRate, descriptions, parameters, progress), cancellationToken);

    /// <inheritdoc cref="GenerateContinuationWithTokens"/>
    public Task<(Tensor Audio, Tensor Tokens)> GenerateContinuationWithTokensAsync(
        Tensor prompt, int promptSampleRate, IReadOnlyList<string?>? descriptions = null,
        GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(Request(prompt, promptSampleRate, descriptions, parameters, progress), cancellationToken);

    private RecordingContinuation Continuation(Tensor recording, int sampleRate, IReadOnlyList<string?>? descriptions, GenerationParams? parameters)
    {
        parameters?.Validate();
        var converted = Converted(recording, sampleRate, descriptions, nameof(recording), nameof(sampleRate));
        try
        {
            return new RecordingContinuation(this, converted, parameters ?? GenerationParams);
        }
        catch
        {
            converted.Dispose();
            throw;
        }
    }

    private async Task<Tensor> RunAndJoinAsync(RecordingContinuation continuation, GenerationRequest request, CancellationToken cancellationToken)
    {
        using (continuation)
        {
            using var audio = await AudioOnly(RunAsync(request, cancellationToken)).ConfigureAwait(false);
            return continuation.Join(audio);
        }
    }

    private GenerationRequest Request(
        Tensor prompt, int promptSampleRate, IReadOnlyList<string?>? descriptions, GenerationParams? parameters, IProgress<GenerationProgress>? progress)
    {
        parameters?.Validate();
        return Request(Converted(prompt, promptSampleRate, descriptions, nameof(prompt), nameof(promptSampleRate)), descriptions, parameters ?? GenerationParams, progress);
    }

    /// <param name="prompt">[B, C, T], converted. The request owns it, and disposes it on errors.</param>
    /// <param name="descriptions">One text (or null) an item; null for none.</param>
    /// <param name="parameters">The parameters of the call.</param>
    /// <param name="progress">Receives the progress after each decoding step, or null.</param>
    private GenerationRequest Request(Tensor prompt, IReadOnlyList<string?>? descriptions, GenerationParams parameters, IProgress<GenerationProgress>? progress)
    {
        try
        {
            string?[] texts = descriptions is null ? new string?[prompt.size(0)] : [.. descriptions];
            return new GenerationRequest(texts, LM.LongestDescription(texts), Checked(parameters, texts.Length, prompt), MemoryLimit, prompt, progress);
        }
        catch
        {
            prompt.Dispose();
            throw;
        }
    }

    /// <summary>Audio with the model's sample rate and channels, float32 [B, C, T], checked. The caller owns it.</summary>
    private Tensor Converted(Tensor audio, int sampleRate, IReadOnlyList<string?>? descriptions, string name, string rateName)
    {
        ArgumentNullException.ThrowIfNull(audio, name);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 1, rateName);
        if (audio.dim() is not (2 or 3) || audio.numel() == 0 || !audio.is_floating_point())
        {
            throw new ArgumentException($"{name} is {audio.dtype} [{string.Join(", ", audio.shape)}]; float audio [B, C, T] or [C, T] is expected.", name);
        }

        var batch = audio.dim() == 3 ? audio.size(0) : 1;
        if (descriptions is not null && descriptions.Count != batch)
        {
            throw new ArgumentException($"{descriptions.Count} descriptions for {batch} recordings.", nameof(descriptions));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var batched = audio.dim() == 3 ? audio.alias() : audio.unsqueeze(0);
        if (!batched.isfinite().all().item<bool>())
        {
            throw new ArgumentException($"{name} contains values that are not finite.", name);
        }

        var converted = AudioConversion.Convert(batched, sampleRate, SampleRate, AudioChannels).to(ScalarType.Float32);
        return converted.size(2) > 0
            ? converted.DetachFromDisposeScope()
            : throw new ArgumentException($"{name} has {audio.size(-1)} samples at {sampleRate} Hz, which is less than one sample at {SampleRate} Hz.", name);
    }
}
