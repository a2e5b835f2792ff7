using AudioCraft.Conditioning;
using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using LayerNorm = AudioCraft.Layers.LayerNorm;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft;

/// <summary>
/// Language model over the codes of several codebooks (audiocraft/models/lm.py; "Simple and Controllable Music Generation", section 2):
/// the embeddings of a step's codes are summed, a transformer reads them, and one head a codebook predicts the next step.
/// </summary>
public sealed class LMModel : Module
{
    private readonly ModuleList<CodebookEmbedding> emb;
    private readonly StreamingTransformer transformer;
    private readonly LayerNorm? out_norm;
    private readonly ModuleList<Linear> linears;
    private readonly ConditioningProvider condition_provider;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="config">Sizes and options.</param>
    /// <param name="conditioners">What turns conditions into tensors, by the condition's name. The model takes them over.</param>
    /// <exception cref="ArgumentException">A condition of the configuration has no conditioner.</exception>
    public LMModel(LMConfig config, IReadOnlyDictionary<string, T5Conditioner>? conditioners = null) : base(nameof(LMModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
        PatternProvider = new DelayedPatternProvider(config.NumCodebooks, config.Delays, config.FlattenFirst, config.EmptyInitial);
        emb = new ModuleList<CodebookEmbedding>(
            [.. Enumerable.Range(0, config.NumCodebooks).Select(_ => new CodebookEmbedding(config.Cardinality + 1, config.Dim))]);
        transformer = new StreamingTransformer(config);
        out_norm = config.NormFirst ? new LayerNorm(config.Dim) : null;
        linears = new ModuleList<Linear>(
            [.. Enumerable.Range(0, config.NumCodebooks).Select(_ => new Linear(config.Dim, config.Cardinality, config.BiasProjection))]);
        condition_provider = new ConditioningProvider(conditioners ?? new Dictionary<string, T5Conditioner>());
        RegisterComponents();
    }

    /// <summary>Sizes and options.</summary>
    public LMConfig Config { get; }

    /// <summary>Number of codebooks, K.</summary>
    public int NumCodebooks => Config.NumCodebooks;

    /// <summary>The token that stands where a step holds no code: one above the last code.</summary>
    public long SpecialToken => Config.Cardinality;

    /// <summary>How codes are laid out as a sequence.</summary>
    public CodebookPatternProvider PatternProvider { get; }

    internal ConditioningProvider Conditioners => condition_provider;

    internal Device Device => Weight.device;

    private Parameter Weight => (Parameter)linears[0].parameters().First();

    /// <summary>Logits of the step after each step of a sequence.</summary>
    /// <param name="sequence">[B, K, S] int64, codes or the special token.</param>
    /// <param name="condition">[B, Tc, dim], what cross attention reads, every position of it; null for a model without conditions.</param>
    /// <returns>[B, K, S, card], float.</returns>
    /// <exception cref="ArgumentException">A shape does not fit the model.</exception>
    public Tensor forward(Tensor sequence, Tensor? condition)
    {
        CheckSequence(sequence);
        CheckCondition(condition, sequence.size(0));
        using var scope = NewDisposeScope();
        return Heads(transformer.forward(Embed(sequence), condition)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Logits for codes that are all known, as in training: the codes are laid out by the pattern, and the logits brought back.
    /// </summary>
    /// <param name="codes">[B, K, T] int64.</param>
    /// <param name="condition">[B, Tc, dim], or null for a model without conditions.</param>
    /// <param name="keepOnlyValidSteps">Whether to stop before the pattern reaches past the last frame.</param>
    /// <returns>Logits [B, K, T, card], NaN where nothing predicts a code; and a mask [B, K, T] of where something does.</returns>
    public (Tensor Logits, Tensor Mask) ComputePredictions(Tensor codes, Tensor? condition, bool keepOnlyValidSteps = true)
    {
        CheckSequence(codes);
        using var scope = NewDisposeScope();
        var pattern = PatternProvider.GetPattern(checked((int)codes.size(2)));
        var (sequence, _, _) = pattern.BuildSequence(codes, SpecialToken, keepOnlyValidSteps);
        var logits = forward(sequence, condition).permute(0, 3, 1, 2);
        var (reverted, _, mask) = pattern.RevertLogits(logits, double.NaN, keepOnlyValidSteps);
        return (reverted.permute(0, 2, 3, 1).MoveToOuterDisposeScope(), mask.unsqueeze(0).expand(codes.size(0), -1, -1).MoveToOuterDisposeScope());
    }

    /// <summary>Prepares for generating a sequence of at most <paramref name="maxSteps"/> steps. The caller disposes of the state.</summary>
    internal TransformerState CreateState(long batch, long maxSteps, Tensor? condition, Tensor? conditionMask)
    {
        CheckCondition(condition, batch);
        return transformer.CreateState(batch, maxSteps, condition, conditionMask, Weight.dtype, Weight.device);
    }

    /// <summary>Takes the next steps [B, K, n] of a sequence; returns the logits [B, K, card] of the step after the last.</summary>
    internal Tensor Step(Tensor tokens, TransformerState state)
    {
        using var scope = NewDisposeScope();
        var output = transformer.Step(Embed(tokens), state);
        return Heads(output.narrow(1, output.size(1) - 1, 1)).squeeze(2).MoveToOuterDisposeScope();
    }

    private Tensor Embed(Tensor sequence)
    {
        var sum = emb[0].forward(sequence.select(1, 0));
        for (var k = 1; k < NumCodebooks; k++)
        {
            sum = sum + emb[k].forward(sequence.select(1, k));
        }

        return sum;
    }

    private Tensor Heads(Tensor output)
    {
        var normed = out_norm is null ? output : out_norm.forward(output);
        return stack(linears.Select(head => head.forward(normed)), 1);
    }

    private void CheckSequence(Tensor sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.dim() != 3 || sequence.size(1) != NumCodebooks || sequence.numel() == 0 || sequence.dtype != ScalarType.Int64)
        {
            throw new ArgumentException(
                $"int64 [B, {NumCodebooks}, S] with at least one step is expected, not {sequence.dtype} [{string.Join(", ", sequence.shape)}].", nameof(sequence));
        }
    }

    private void CheckCondition(Tensor? condition, long batch)
    {
        if (!Config.CrossAttention)
        {
            if (condition is not null)
            {
                throw new ArgumentException("This model takes no conditions.", nameof(condition));
            }

            return;
        }

        if (condition is null)
        {
            throw new ArgumentNullException(nameof(condition), $"This model needs conditions [{batch}, n, {Config.Dim}].");
        }

        if (condition.dim() != 3 || condition.size(0) != batch || condition.size(1) == 0 || condition.size(2) != Config.Dim)
        {
            throw new ArgumentException(
                $"Conditions [{batch}, n, {Config.Dim}] are expected, not [{string.Join(", ", condition.shape)}].", nameof(condition));
        }
    }
}
