using System.Runtime.CompilerServices;
using AudioCraft.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <content>The calls that generate. All of them consume the frames of <see cref="CodeGenerator"/>.</content>
public abstract partial class BaseGenModel
{
    /// <summary>The largest number of items of a call without descriptions.</summary>
    private const int MaxItems = 1_000_000;

    /// <summary>Generates audio for each description.</summary>
    /// <param name="descriptions">One text an item; an empty text generates without a description.</param>
    /// <param name="parameters">The parameters of this call; null for <see cref="GenerationParams"/>.</param>
    /// <param name="progress">Receives the progress after each decoding step.</param>
    /// <param name="cancellationToken">Checked while the call waits for the model and between decoding steps.</param>
    /// <returns>[B, C, T] float at <see cref="SampleRate"/>, on <see cref="Device"/>.</returns>
    /// <exception cref="ArgumentException">The list is empty or contains null, a text has more tokens than the text encoder accepts (512 for T5), or a parameter does not fit the model.</exception>
    /// <exception cref="AudioCraftException">The language model's logits are not finite; the message names the decoding step.</exception>
    /// <exception cref="InvalidOperationException">The call comes from a progress callback of the same model.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before or during the call.</exception>
    /// <exception cref="OperationCanceledException">The call was canceled.</exception>
    public Tensor Generate(
        IReadOnlyList<string> descriptions, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        AudioOnly(GenerateWithTokens(descriptions, parameters, progress, cancellationToken));

    /// <summary>Generates audio for one description: [1, C, T] float.</summary>
    /// <inheritdoc cref="Generate(IReadOnlyList{string}, GenerationParams, IProgress{GenerationProgress}, CancellationToken)"/>
    public Tensor Generate(
        string description, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Generate(One(description), parameters, progress, cancellationToken);

    /// <inheritdoc cref="Generate(IReadOnlyList{string}, GenerationParams, IProgress{GenerationProgress}, CancellationToken)"/>
    public Task<Tensor> GenerateAsync(
        IReadOnlyList<string> descriptions, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        AudioOnly(GenerateWithTokensAsync(descriptions, parameters, progress, cancellationToken));

    /// <inheritdoc cref="Generate(string, GenerationParams, IProgress{GenerationProgress}, CancellationToken)"/>
    public Task<Tensor> GenerateAsync(
        string description, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(One(description), parameters, progress, cancellationToken);

    /// <summary>Generates audio for each description and returns it with its codes.</summary>
    /// <returns>The audio [B, C, T] float and the codes [B, K, F] int64 that it was decoded from.</returns>
    /// <inheritdoc cref="Generate(IReadOnlyList{string}, GenerationParams, IProgress{GenerationProgress}, CancellationToken)"/>
    public (Tensor Audio, Tensor Tokens) GenerateWithTokens(
        IReadOnlyList<string> descriptions, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Run(Request(descriptions, parameters, progress), cancellationToken);

    /// <inheritdoc cref="GenerateWithTokens"/>
    public Task<(Tensor Audio, Tensor Tokens)> GenerateWithTokensAsync(
        IReadOnlyList<string> descriptions, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(Request(descriptions, parameters, progress), cancellationToken);

    /// <summary>Generates audio without descriptions.</summary>
    /// <param name="numSamples">The number of items, 1 to 1,000,000.</param>
    /// <param name="parameters">The parameters of this call; null for <see cref="GenerationParams"/>.</param>
    /// <param name="progress">Receives the progress after each decoding step.</param>
    /// <param name="cancellationToken">Checked while the call waits for the model and between decoding steps.</param>
    /// <returns>[numSamples, C, T] float at <see cref="SampleRate"/>, on <see cref="Device"/>.</returns>
    public Tensor GenerateUnconditional(
        int numSamples, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        AudioOnly(GenerateUnconditionalWithTokens(numSamples, parameters, progress, cancellationToken));

    /// <inheritdoc cref="GenerateUnconditional"/>
    public Task<Tensor> GenerateUnconditionalAsync(
        int numSamples, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        AudioOnly(GenerateUnconditionalWithTokensAsync(numSamples, parameters, progress, cancellationToken));

    /// <summary>Generates audio without descriptions and returns it with its codes.</summary>
    /// <returns>The audio [numSamples, C, T] float and the codes [numSamples, K, F] int64 that it was decoded from.</returns>
    /// <inheritdoc cref="GenerateUnconditional"/>
    public (Tensor Audio, Tensor Tokens) GenerateUnconditionalWithTokens(
        int numSamples, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Run(Request(numSamples, parameters, progress), cancellationToken);

    /// <inheritdoc cref="GenerateUnconditionalWithTokens"/>
    public Task<(Tensor Audio, Tensor Tokens)> GenerateUnconditionalWithTokensAsync(
        int numSamples, GenerationParams? parameters = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(Request(numSamples, parameters, progress), cancellationToken);

    /// <summary>Generates audio for one description and returns it in chunks while the rest is generated.</summary>
    /// <inheritdoc cref="GenerateStreamingAsync(IReadOnlyList{string}, GenerationParams, double, IProgress{GenerationProgress}, CancellationToken)"/>
    public IAsyncEnumerable<AudioChunk> GenerateStreamingAsync(
        string description, GenerationParams? parameters = null, double chunkSeconds = 0.2, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateStreamingAsync(One(description), parameters, chunkSeconds, progress, cancellationToken);

    /// <summary>
    /// Generates audio for each description, together as far as <see cref="MemoryLimit"/> allows, and returns it in chunks while the rest is generated.
    /// The first chunk of an item comes as soon as the codec can decode it (within 0.4 s of audio for the released codecs). The chunks of an item come in order;
    /// joined, they equal the result of <see cref="Generate(IReadOnlyList{string}, GenerationParams, IProgress{GenerationProgress}, CancellationToken)"/> with the same seed,
    /// up to float rounding.
    /// </summary>
    /// <remarks>
    /// The model computes at most one chunk ahead of the reader and is free for other calls in between, also while the loop's body runs:
    /// the body may generate with the same model or dispose of it, which ends the stream with <see cref="ObjectDisposedException"/>.
    /// </remarks>
    /// <param name="descriptions">One text an item; an empty text generates without a description.</param>
    /// <param name="parameters">The parameters of this call; null for <see cref="GenerationParams"/>.</param>
    /// <param name="chunkSeconds">Duration of a chunk after an item's first, in seconds, above 0.</param>
    /// <param name="progress">Receives the progress after each decoding step, on another thread.</param>
    /// <param name="cancellationToken">Checked between decoding steps. Leaving the loop cancels too.</param>
    /// <exception cref="ArgumentException">
    /// The list is empty or contains null, a text has more tokens than the text encoder accepts (512 for T5), a parameter does not fit the model, or
    /// <paramref name="chunkSeconds"/> is not above 0.
    /// </exception>
    /// <exception cref="AudioCraftException">The language model's logits are not finite; the message names the decoding step.</exception>
    /// <exception cref="NotSupportedException">The model's codec cannot decode in chunks, as for <see cref="CompressionModel.CreateStreamingDecoder"/>.</exception>
    /// <exception cref="OperationCanceledException">The call was canceled.</exception>
    public IAsyncEnumerable<AudioChunk> GenerateStreamingAsync(
        IReadOnlyList<string> descriptions, GenerationParams? parameters = null, double chunkSeconds = 0.2, IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        if (!(chunkSeconds > 0) || double.IsInfinity(chunkSeconds))
        {
            throw new ArgumentOutOfRangeException(nameof(chunkSeconds), chunkSeconds, "Seconds above 0 are expected.");
        }

        var framesPerChunk = Math.Max(1, (int)Math.Min(chunkSeconds * FrameRate, int.MaxValue));
        return new SequentialAsyncEnumerable<AudioChunk>(Stream(Request(descriptions, parameters, progress), framesPerChunk, cancellationToken));
    }

    private (Tensor Audio, Tensor Tokens) Run(GenerationRequest request, CancellationToken cancellationToken)
    {
        using (request)
        {
            return gate.Run(() => Whole(request, cancellationToken), cancellationToken);
        }
    }

    private async Task<(Tensor Audio, Tensor Tokens)> RunAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        using (request)
        {
            return await gate.RunAsync(() => Whole(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    private (Tensor Audio, Tensor Tokens) Whole(GenerationRequest request, CancellationToken cancellationToken)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new CodeGenerator(this, request);
        LogStart(request, generator.TotalSteps);
        var (audio, tokens, frames) = (new List<Tensor>(), new List<Tensor>(), new List<long[,]>());
        foreach (var frame in generator.Frames(() => BeforeStep(cancellationToken)))
        {
            if (frame.Codes is { } codes)
            {
                frames.Add(codes);
                continue;
            }

            tokens.Add(CodeFrames.ToTensor(frames, Device));
            audio.Add(CompressionModel.Decode(tokens[^1]));
            frames.Clear();
        }

        return (Joined(audio).DetachFromDisposeScope(), Joined(tokens).DetachFromDisposeScope());
    }

    private async IAsyncEnumerable<AudioChunk> Stream(GenerationRequest request, int framesPerChunk, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        AudioStream? stream = null;
        var next = NextAsync();
        IReadOnlyList<AudioChunk> chunks = [];
        var given = 0;
        try
        {
            while (await next.ConfigureAwait(false) is { } ready)
            {
                // Compute the next chunks while the consumer uses these.
                next = NextAsync();
                for ((chunks, given) = (ready, 0); given < chunks.Count;)
                {
                    yield return chunks[given++];
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (var unread in chunks.Skip(given))
            {
                unread.Dispose();
            }

            // The consumer has left the loop: ignore the result.
            await next.ContinueWith(Discard, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            stream?.Dispose();
            request.Dispose();
        }

        Task<IReadOnlyList<AudioChunk>?> NextAsync() => gate.RunAsync(
            () =>
            {
                if (stream is null)
                {
                    stream = new AudioStream(this, request, framesPerChunk, () => BeforeStep(stop.Token));
                    LogStart(request, stream.TotalSteps);
                }

                return stream.Next();
            },
            stop.Token);
    }

    private static void Discard(Task<IReadOnlyList<AudioChunk>?> ended)
    {
        if (ended.IsCompletedSuccessfully)
        {
            foreach (var chunk in ended.Result ?? [])
            {
                chunk.Dispose();
            }
        }
    }

    private void LogStart(GenerationRequest request, int totalSteps)
    {
        GenerationLog.Started(logger, Name, request.Descriptions.Count, totalSteps);
        for (var item = 0; item < request.Descriptions.Count; item++)
        {
            if (!KnownKinds.Includes(request.Descriptions[item]))
            {
                GenerationLog.UnknownKind(logger, item, Name, string.Join(", ", KnownKinds.Names));
            }
        }
    }

    private void BeforeStep(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        gate.ThrowIfDisposed();
    }

    /// <summary>The parameters of a call, checked on entry; lists of the caller are copied.</summary>
    /// <param name="parameters">The parameters of the call; null for <see cref="GenerationParams"/>.</param>
    /// <param name="items">The number of items.</param>
    /// <param name="prompt">[B, C, T] with the model's sample rate, or null.</param>
    /// <exception cref="ArgumentException">A value is out of range, the number of seeds is not that of the items, or the durations do not fit the model.</exception>
    private GenerationParams Checked(GenerationParams? parameters, long items, Tensor? prompt = null)
    {
        parameters?.Validate();
        var result = parameters ?? GenerationParams;
        if (result.ItemSeeds is { } seeds)
        {
            long[] copy = [.. seeds];
            result = copy.Length == items ? result with { ItemSeeds = copy }
                : throw new ArgumentException($"{nameof(GenerationParams.ItemSeeds)} has {copy.Length} seeds for {items} items.", nameof(parameters));
        }

        WindowPlan.Check(this, result, prompt is null ? 0 : (long)Math.Round(prompt.size(2) * FrameRate / SampleRate, MidpointRounding.ToZero));
        return result;
    }

    private static IReadOnlyList<string> One(string description)
    {
        ArgumentNullException.ThrowIfNull(description);
        return [description];
    }

    private GenerationRequest Request(IReadOnlyList<string> descriptions, GenerationParams? parameters, IProgress<GenerationProgress>? progress)
    {
        ArgumentNullException.ThrowIfNull(descriptions);
        if (descriptions.Count == 0)
        {
            throw new ArgumentException("The list of descriptions is empty; at least one is required.", nameof(descriptions));
        }

        for (var i = 0; i < descriptions.Count; i++)
        {
            if (descriptions[i] is null)
            {
                throw new ArgumentException($"Description {i} of {descriptions.Count} is null; use GenerateUnconditional or an empty text to generate without one.", nameof(descriptions));
            }
        }

        string[] texts = [.. descriptions];
        return new GenerationRequest(texts, LM.LongestDescription(texts), Checked(parameters, texts.Length), MemoryLimit, Progress: progress);
    }

    private GenerationRequest Request(int numSamples, GenerationParams? parameters, IProgress<GenerationProgress>? progress)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(numSamples, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(numSamples, MaxItems);
        return new GenerationRequest(new string?[numSamples], Tokens: 1, Checked(parameters, numSamples), MemoryLimit, Progress: progress);
    }

    private static Tensor Joined(List<Tensor> parts) => parts is [var only] ? only : cat(parts, 0);

    private static Tensor AudioOnly((Tensor Audio, Tensor Tokens) result)
    {
        result.Tokens.Dispose();
        return result.Audio;
    }

    private static async Task<Tensor> AudioOnly(Task<(Tensor Audio, Tensor Tokens)> result) => AudioOnly(await result.ConfigureAwait(false));
}
