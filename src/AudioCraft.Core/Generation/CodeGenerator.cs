using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Generation;

/// <summary>Frames of codes of consecutive items of a request.</summary>
/// <param name="FirstItem">Index of the first item.</param>
/// <param name="Items">Number of items.</param>
/// <param name="Codes">[Items, K]; null when the items have ended.</param>
internal readonly record struct GeneratedFrame(int FirstItem, int Items, long[,]? Codes);

/// <summary>
/// Generates the codes of a request, frame by frame: over the groups of items that fit the memory together, the windows of a long duration and the decoding
/// steps of a window. Whole results, streams and batches all consume its frames.
/// </summary>
internal sealed class CodeGenerator : IDisposable
{
    private readonly BaseGenModel model;
    private readonly GenerationRequest request;
    private readonly WindowPlan plan;
    private readonly IReadOnlyList<long[,]> prompt;
    private readonly ConditionTensors conditions;
    private readonly RandomSequence[] random;
    private readonly int together;

    /// <summary>Encodes the prompt and the descriptions, and plans the windows.</summary>
    /// <exception cref="ArgumentException">The duration or the prompt does not fit the model.</exception>
    public CodeGenerator(BaseGenModel model, GenerationRequest request)
    {
        (this.model, this.request) = (model, request);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        prompt = request.Prompt is null ? [] : EncodePrompt(request.Prompt);
        plan = new WindowPlan(model, request.Parameters, prompt.Count);
        random = RandomSequence.ForItems(request.Parameters, request.Descriptions);
        together = GenerationMemory.ItemsTogether(model, plan, request.Parameters, request.Tokens, request.MemoryLimit, request.Descriptions.Count);
        TotalSteps = plan.TotalSteps * ((request.Descriptions.Count + together - 1) / together);
        conditions = model.LM.EncodeDescriptions(request.Descriptions, together);
        foreach (var condition in conditions.Items)
        {
            condition.Embeddings.DetachFromDisposeScope();
        }
    }

    /// <summary>Decoding steps of the whole request.</summary>
    public int TotalSteps { get; }

    /// <summary>The frames in order, a prompt's first. Each advance computes until the next frame is known; the model must not be used by others meanwhile.</summary>
    /// <param name="beforeStep">Called before each decoding step; an exception from it ends the generation.</param>
    public IEnumerable<GeneratedFrame> Frames(Action beforeStep)
    {
        var step = 0;
        for (var first = 0; first < request.Descriptions.Count; first += together)
        {
            var count = Math.Min(together, request.Descriptions.Count - first);
            var frames = new List<long[,]>(CodeFrames.Rows(prompt, first, count));
            foreach (var frame in frames)
            {
                yield return new GeneratedFrame(first, count, frame);
            }

            var itemRandom = random[first..(first + count)];
            foreach (var (promptFrames, length) in plan.Windows)
            {
                using var tokens = Window(first, count, length, frames.GetRange(frames.Count - promptFrames, promptFrames), itemRandom);
                while (!tokens.IsDone)
                {
                    beforeStep();
                    var known = tokens.Step();
                    frames.AddRange(known);
                    request.Progress?.Report(new GenerationProgress(++step, TotalSteps));
                    foreach (var frame in known)
                    {
                        yield return new GeneratedFrame(first, count, frame);
                    }
                }
            }

            yield return new GeneratedFrame(first, count, Codes: null);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var condition in conditions.Items)
        {
            condition.Embeddings.Dispose();
        }
    }

    private TokenGenerator Window(int first, int count, int length, IReadOnlyList<long[,]> start, RandomSequence[] itemRandom)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return new TokenGenerator(model.LM, new TokenRequest
        {
            BatchSize = count,
            Frames = length,
            Prompt = start,
            Conditions = conditions.Rows(first, count),
            Parameters = request.Parameters,
            Random = itemRandom,
        });
    }

    private IReadOnlyList<long[,]> EncodePrompt(Tensor audio)
    {
        // The number is given with the call: the codec's default can be changed by other callers.
        var codebooks = model.CompressionModel is InterleaveStereoCompressionModel { PerTimestep: false } ? model.LM.NumCodebooks / 2 : model.LM.NumCodebooks;
        var (codes, scale) = model.CompressionModel.Encode(audio.to(model.Device), codebooks);
        return scale is null
            ? CodeFrames.FromTensor(codes)
            : throw new InvalidOperationException("A codec that normalizes loudness cannot encode a prompt: its scale is not part of the codes.");
    }
}
