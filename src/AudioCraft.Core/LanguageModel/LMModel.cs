using AudioCraft.Conditioning;
using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using TorchSharp.Modules;
using TorchSharp;
using static TorchSharp.torch.nn;
using static TorchSharp.torch;
using Embedding = AudioCraft.Layers.Embedding;
using LayerNorm = AudioCraft.Layers.LayerNorm;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft;

/// <summary>
/// Language model over the codes of several codebooks (audiocraft/models/lm.py; "Simple and Controllable Music Generation", section 2):
/// the embeddings of a step's codes are summed and passed through a transformer, and one output head for each codebook predicts the next step.
/// </summary>
public sealed class LMModel : Module
{
    private readonly ModuleList<Embedding> emb;
    private readonly StreamingTransformer transformer;
    private readonly LayerNorm? out_norm;
    private readonly ModuleList<Linear> linears;
    private readonly ConditioningProvider condition_provider;

    private readonly ConditionFuser fuser;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="config">Sizes and options.</param>
    /// <param name="conditioners">The conditioners by the condition's name. The model owns and disposes of them.</param>
    public LMModel(LMConfig config, IReadOnlyDictionary<string, T5Conditioner>? conditioners = null)
        : this(config, [.. (conditioners ?? new Dictionary<string, T5Conditioner>()).Select(pair => KeyValuePair.Create(pair.Key, (TextConditioner)pair.Value))])
    {
    }

    /// <summary>Creates a model with random weights and conditioners of several kinds.</summary>
    /// <param name="config">Sizes and options.</param>
    /// <param name="conditioners">The conditioners by the condition's name, in the order in which they are applied. The model owns and disposes of them.</param>
    /// <exception cref="ArgumentException">Two conditioners have the same name, or the options of the pattern are inconsistent.</exception>
    public LMModel(LMConfig config, IReadOnlyList<KeyValuePair<string, TextConditioner>> conditioners) : base(nameof(LMModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(conditioners);
        Lifetime = new NativeLifetime(this);
        Config = config;
        PatternProvider = CodebookPatternProvider.Create(config);
        fuser = CreateFuser(config);
        emb = new ModuleList<Embedding>(
            [.. Enumerable.Range(0, config.NumCodebooks).Select(_ => new Embedding(config.Cardinality + 1, config.Dim))]);
        transformer = new StreamingTransformer(config);
        out_norm = config.NormFirst ? new LayerNorm(config.Dim) : null;
        linears = new ModuleList<Linear>(
            [.. Enumerable.Range(0, config.NumCodebooks).Select(_ => new Linear(config.Dim, config.Cardinality, config.BiasProjection))]);
        condition_provider = new ConditioningProvider(conditioners);
        RegisterComponents();
    }

    /// <summary>Sizes and options.</summary>
    public LMConfig Config { get; }

    /// <summary>Number of codebooks, K.</summary>
    public int NumCodebooks => Config.NumCodebooks;

    /// <summary>The token of positions without a code: one above the largest code.</summary>
    public long SpecialToken => Config.Cardinality;

    /// <summary>The codebook pattern, which arranges codes in a sequence.</summary>
    public CodebookPatternProvider PatternProvider { get; }

    /// <summary>The conditioners by name of the condition, in the order in which they are applied. Empty for a model that is used with condition tensors only.</summary>
    public IReadOnlyDictionary<string, TextConditioner> Conditioners => condition_provider.ByName;

    /// <summary>The device of the weights.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Device Device
    {
        get
        {
            using var use = Lifetime.Enter();
            return Weight.device;
        }
    }

    /// <summary>Keeps the weights alive during calls.</summary>
    internal NativeLifetime Lifetime { get; }

    private Parameter Weight => (Parameter)linears[0].parameters().First();

    /// <summary>Computes the logits of the step after each step of a sequence.</summary>
    /// <param name="sequence">[B, K, S] int64, codes or the special token.</param>
    /// <param name="condition">[B, Tc, dim], the model's only condition, of which every position is read; null for none.</param>
    /// <returns>[B, K, S, cardinality], float.</returns>
    /// <exception cref="ArgumentException">A shape does not match the model, or the model has several conditions.</exception>
    public Tensor forward(Tensor sequence, Tensor? condition) => forward(sequence, Only(condition));

    /// <summary>Computes the logits of the step after each step of a sequence.</summary>
    /// <param name="sequence">[B, K, S] int64, codes or the special token.</param>
    /// <param name="conditions">The conditions; every position is read, independent of the lengths.</param>
    /// <returns>[B, K, S, cardinality], float.</returns>
    /// <exception cref="ArgumentException">A shape does not match the model, or a condition is unknown to it.</exception>
    public Tensor forward(Tensor sequence, ConditionTensors conditions)
    {
        using var use = Lifetime.Enter();
        CheckSequence(sequence);
        CheckConditions(conditions, sequence.size(0));
        using var scope = NewDisposeScope();
        conditions = OfOwnType(conditions.Whole());
        var input = fuser.Fuse(Embed(sequence), conditions, isFirst: true).Input;
        var output = transformer.forward(input, fuser.Cross(conditions));
        return Heads(output.narrow(1, output.size(1) - sequence.size(2), sequence.size(2))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Computes the logits of known codes, as in training: the codes are arranged by the pattern, and the logits are mapped back.
    /// </summary>
    /// <param name="codes">[B, K, T] int64.</param>
    /// <param name="condition">[B, Tc, dim], the model's only condition; null for none.</param>
    /// <param name="keepOnlyValidSteps">Whether to stop before the pattern exceeds the last frame.</param>
    /// <returns>Logits [B, K, T, cardinality], NaN for codes that no step predicts, and the mask [B, K, T] of the others.</returns>
    public (Tensor Logits, Tensor Mask) ComputePredictions(Tensor codes, Tensor? condition, bool keepOnlyValidSteps = true) =>
        ComputePredictions(codes, Only(condition), keepOnlyValidSteps);

    /// <summary>
    /// Computes the logits of known codes, as in training: the codes are arranged by the pattern, and the logits are mapped back.
    /// </summary>
    /// <param name="codes">[B, K, T] int64.</param>
    /// <param name="conditions">The conditions; every position is read, independent of the lengths.</param>
    /// <param name="keepOnlyValidSteps">Whether to stop before the pattern exceeds the last frame.</param>
    /// <returns>Logits [B, K, T, cardinality], NaN for codes that no step predicts, and the mask [B, K, T] of the others.</returns>
    public (Tensor Logits, Tensor Mask) ComputePredictions(Tensor codes, ConditionTensors conditions, bool keepOnlyValidSteps = true)
    {
        using var use = Lifetime.Enter();
        CheckSequence(codes);
        using var scope = NewDisposeScope();
        var pattern = PatternProvider.GetPattern(checked((int)codes.size(2)));
        var (sequence, _, _) = pattern.BuildSequence(codes, SpecialToken, keepOnlyValidSteps);
        var logits = forward(sequence, conditions).permute(0, 3, 1, 2);
        var (reverted, _, mask) = pattern.RevertLogits(logits, double.NaN, keepOnlyValidSteps);
        return (reverted.permute(0, 2, 3, 1).MoveToOuterDisposeScope(), mask.unsqueeze(0).expand(codes.size(0), -1, -1).MoveToOuterDisposeScope());
    }

    /// <summary>Computes the input of the output heads for a whole sequence, for training. Conditions are masked as in generation.</summary>
    /// <param name="sequence">[B, K, S] int64, codes or the special token.</param>
    /// <param name="conditions">The conditions; positions past an item's length are masked.</param>
    /// <returns>[B, S, dim].</returns>
    /// <exception cref="ArgumentException">A shape does not match the model, or a condition is unknown to it.</exception>
    /// <exception cref="NotSupportedException">Prepended conditions have different lengths.</exception>
    public Tensor ComputeHidden(Tensor sequence, ConditionTensors conditions)
    {
        using var use = Lifetime.Enter();
        CheckSequence(sequence);
        CheckConditions(conditions, sequence.size(0));
        using var scope = NewDisposeScope();
        var (input, padding) = fuser.Fuse(Embed(sequence), conditions, isFirst: true);
        if (padding is not null)
        {
            throw new NotSupportedException("Prepended conditions must have the same length for all items of a training batch.");
        }

        var output = transformer.forward(input, fuser.Cross(conditions)).narrow(1, input.size(1) - sequence.size(2), sequence.size(2));
        return (out_norm is null ? output : out_norm.forward(output)).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the logits of one codebook from the result of <see cref="ComputeHidden"/>.</summary>
    /// <param name="codebook">Index of the codebook, from 0.</param>
    /// <param name="hidden">[B, S, dim].</param>
    /// <returns>[B, S, cardinality].</returns>
    /// <exception cref="ArgumentException">The codebook is out of range, or the shape does not match the model.</exception>
    public Tensor ComputeLogits(int codebook, Tensor hidden)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(codebook);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(codebook, NumCodebooks);
        ArgumentNullException.ThrowIfNull(hidden);
        if (hidden.dim() != 3 || hidden.size(2) != Config.Dim)
        {
            throw new ArgumentException($"[B, S, {Config.Dim}] is expected, not [{string.Join(", ", hidden.shape)}].", nameof(hidden));
        }

        using var use = Lifetime.Enter();
        return linears[codebook].forward(hidden);
    }

    /// <summary>
    /// Encodes descriptions as the conditions of the model. Its other text conditions are empty, as in upstream's generation.
    /// </summary>
    /// <param name="descriptions">At least one, one for each item of a batch; null or "" for no description.</param>
    /// <returns>The conditions, whose tensors the caller owns.</returns>
    /// <exception cref="ArgumentException">The model has no conditions, and a description is not empty.</exception>
    /// <exception cref="InvalidOperationException">The model was created without the conditioner for descriptions.</exception>
    public ConditionTensors EncodeDescriptions(IReadOnlyList<string?> descriptions) => EncodeDescriptions(descriptions, int.MaxValue);

    /// <summary>Encodes descriptions as <see cref="EncodeDescriptions(IReadOnlyList{string})"/> does, <paramref name="together"/> at once, to use less memory.</summary>
    internal ConditionTensors EncodeDescriptions(IReadOnlyList<string?> descriptions, int together)
    {
        using var use = Lifetime.Enter();
        ArgumentNullException.ThrowIfNull(descriptions);
        if (!Config.ConditionNames.Any() && descriptions.FirstOrDefault(text => !string.IsNullOrEmpty(text)) is { } text)
        {
            throw new ArgumentException($"This model was trained without conditions and does not accept the description '{text}': use GenerateUnconditional.", nameof(descriptions));
        }

        // A model without conditioners can still generate unconditionally.
        string[] names = Conditioners.Count > 0 ? [.. Conditioners.Keys] : [.. Config.ConditionNames.Take(1)];
        var description = DescriptionAmong(names);
        return new ConditionTensors([.. names.Select(name => name == description ? EncodeTexts(name, descriptions, together) : EmptyCondition(name, descriptions.Count))]);
    }

    /// <summary>Number of tokens of the longest description, at least 1.</summary>
    /// <exception cref="ArgumentException">A description is longer than the text encoder accepts; the message states its index and both lengths.</exception>
    internal int LongestDescription(IReadOnlyList<string?> descriptions)
    {
        var longest = 1;
        for (var i = 0; i < descriptions.Count && DescriptionConditioner is not null; i++)
        {
            try
            {
                longest = Math.Max(longest, string.IsNullOrEmpty(descriptions[i]) ? 1 : DescriptionConditioner.CountTokens(descriptions[i]));
            }
            catch (ArgumentException error)
            {
                throw new ArgumentException($"Description {i} is too long. {error.Message}", nameof(descriptions), error);
            }
        }

        return longest;
    }

    /// <summary>Memory in bytes that encoding a description of <paramref name="tokens"/> tokens uses, in addition to the weights.</summary>
    internal long DescriptionMemory(long tokens) => DescriptionConditioner?.MemoryOf(tokens) ?? 0;

    /// <summary>Creates the state for generating at most <paramref name="maxSteps"/> steps. The caller disposes of it.</summary>
    internal LMState CreateState(long batch, long maxSteps, ConditionTensors conditions)
    {
        using var use = Lifetime.Enter();
        CheckConditions(conditions, batch);
        using var scope = NewDisposeScope();
        conditions = OfOwnType(conditions);
        var type = Weight.dtype;
        var addend = conditions.Items.Any(fuser.ActsOnEveryStep)
            ? fuser.Fuse(zeros([batch, 1, Config.Dim], dtype: type, device: Device), conditions, isFirst: false).Input
            : null;
        var state = transformer.CreateState(
            batch, maxSteps + fuser.PrefixLength(conditions), fuser.Cross(conditions), fuser.Padding(conditions), type, Device);
        var decoder = conditions.Items.Any(fuser.ActsOnEveryStep)
            ? null
            : StepDecoder.TryCreate(Config, state, (int)batch, StepWeights.TryCreate([.. emb.Select(table => table.Weight)], transformer, out_norm, linears));
        return new LMState(state, [.. conditions.Items.Where(fuser.ActsOnInput)], addend) { Decoder = decoder };
    }

    /// <summary>Computes the next steps [B, K, n] of a sequence. Returns the logits [B, K, cardinality] of the step after the last.</summary>
    internal Tensor Step(Tensor tokens, LMState state)
    {
        using var use = Lifetime.Enter();
        using var scope = NewDisposeScope();
        var input = Embed(tokens);
        if (state.IsFirst || (state.Addend is not null && tokens.size(2) > 1))
        {
            input = fuser.Fuse(input, state.Conditions, state.IsFirst).Input;
        }
        else if (state.Addend is not null)
        {
            input = input.add(state.Addend, Scalars.One);
        }

        var output = transformer.Step(input, state.Transformer);
        return Heads(output.narrow(1, output.size(1) - 1, 1)).squeeze(2).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the weights, once all running calls have ended. It can be called at any time and from any thread.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Disposing of the module frees the weights of its conditioners too.
            Lifetime.Dispose(() => Conditioners.Values.Aggregate<TextConditioner, Action>(
                () => base.Dispose(true), (free, conditioner) => () => conditioner.Lifetime.Close(free))());
        }
        else
        {
            base.Dispose(false);
        }
    }

    /// <summary>Converts the weights of a step to an element type, for GPUs. The conditioners are not converted.</summary>
    internal void ConvertTo(ScalarType type)
    {
        emb.to(type);
        transformer.to(type);
        out_norm?.to(type);
        linears.to(type);
    }

    /// <summary>The matrices that can be packed, by parameter name.</summary>
    internal IReadOnlyDictionary<string, PackableWeight> Matrices => transformer.Layers
        .SelectMany((layer, i) => layer.Matrices().Select(matrix => KeyValuePair.Create($"transformer.layers.{i}.{matrix.Name}", matrix.Weight)))
        .Concat(linears.Select((head, k) => KeyValuePair.Create($"linears.{k}.weight", head.Matrix)))
        .ToDictionary();

    // Conditioners return float32, also for a model that was converted to another type.
    private ConditionTensors OfOwnType(ConditionTensors conditions) => Weight.dtype == ScalarType.Float32 ? conditions : conditions.To(Weight.dtype);

    private Tensor Embed(Tensor sequence)
    {
        var sum = emb[0].forward(sequence.select(1, 0));
        for (var k = 1; k < NumCodebooks; k++)
        {
            sum = sum.add(emb[k].forward(sequence.select(1, k)), Scalars.One);
        }

        return sum;
    }

    private Tensor Heads(Tensor output)
    {
        var normed = out_norm is null ? output : out_norm.forward(output);
        return stack(linears.Select(head => head.forward(normed)), 1);
    }

    /// <summary>Creates the fuser of a configuration.</summary>
    internal static ConditionFuser CreateFuser(LMConfig config) => new(
        config.CrossConditions, config.PrependConditions, config.SumConditions, config.InterpolatedConditions,
        config.CrossAttentionPositions ? config.CrossAttentionPositionScale : null);

    private static string? DescriptionAmong(IEnumerable<string> names) =>
        names.Contains(LMConfig.DescriptionCondition) ? LMConfig.DescriptionCondition : names.FirstOrDefault();

    private TextConditioner? DescriptionConditioner => DescriptionAmong(Conditioners.Keys) is { } name ? Conditioners[name] : null;

    private ConditionTensor EncodeTexts(string name, IReadOnlyList<string?> texts, int together)
    {
        // An empty description counts as none, except for a lookup table, where it is a text like any other.
        var conditioner = Conditioners.GetValueOrDefault(name);
        if (texts.All(text => conditioner is LookupConditioner ? text is null : string.IsNullOrEmpty(text)))
        {
            return EmptyCondition(name, texts.Count);
        }

        if (conditioner is null)
        {
            throw new InvalidOperationException($"This model was created without a conditioner for '{name}': it can only generate from condition tensors.");
        }

        using var scope = NewDisposeScope();
        var parts = texts.Chunk(together).Select(conditioner.Encode).ToList();
        var longest = parts.Max(part => part.Mask.size(1));
        var (embeddings, mask) = parts is [var only]
            ? only
            : (cat([.. parts.Select(part => nn.functional.pad(part.Embeds, [0, 0, 0, longest - part.Embeds.size(1)]))]),
                cat([.. parts.Select(part => nn.functional.pad(part.Mask, [0, longest - part.Mask.size(1)]))]));
        return ConditionTensor.WithMask(name, embeddings.MoveToOuterDisposeScope(), mask);
    }

    private ConditionTensor EmptyCondition(string name, int items) =>
        new(name, zeros([items, 1, Config.Dim], dtype: ScalarType.Float32, device: Device), new long[items]);

    private void CheckSequence(Tensor sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.dim() != 3 || sequence.size(1) != NumCodebooks || sequence.numel() == 0 || sequence.dtype != ScalarType.Int64)
        {
            throw new ArgumentException(
                $"int64 [B, {NumCodebooks}, S] with at least one step is expected, not {sequence.dtype} [{string.Join(", ", sequence.shape)}].", nameof(sequence));
        }
    }

    private void CheckConditions(ConditionTensors conditions, long batch)
    {
        foreach (var (name, embeddings, lengths) in conditions.Items)
        {
            if (!Config.ConditionNames.Contains(name))
            {
                throw new ArgumentException($"This model has no condition '{name}'; it has {string.Join(", ", Config.ConditionNames.DefaultIfEmpty("none"))}.", nameof(conditions));
            }

            if (embeddings.dim() != 3 || embeddings.size(0) != batch || embeddings.size(1) == 0 || embeddings.size(2) != Config.Dim)
            {
                throw new ArgumentException(
                    $"Conditions [{batch}, n, {Config.Dim}] are expected for '{name}', not [{string.Join(", ", embeddings.shape)}].", nameof(conditions));
            }

            if (lengths.Count != batch || lengths.Any(length => length < 0 || length > embeddings.size(1)))
            {
                throw new ArgumentException(
                    $"{batch} lengths from 0 to {embeddings.size(1)} are expected for '{name}', not [{string.Join(", ", lengths)}].", nameof(conditions));
            }
        }

        if (Config.CrossAttention && !conditions.Items.Any(condition => Config.CrossConditions.Contains(condition.Name)))
        {
            throw new ArgumentException($"This model needs one of its conditions {string.Join(", ", Config.CrossConditions)} [{batch}, n, {Config.Dim}].", nameof(conditions));
        }
    }

    private ConditionTensors Only(Tensor? condition)
    {
        var names = Config.ConditionNames.ToList();
        if (condition is null)
        {
            return Config.CrossAttention ? throw new ArgumentNullException(nameof(condition), $"This model needs conditions [B, n, {Config.Dim}].") : default;
        }

        return names.Count == 1
            ? new ConditionTensors(new ConditionTensor(names[0], condition))
            : throw new ArgumentException($"This model has {names.Count} conditions, not one: {string.Join(", ", names.DefaultIfEmpty("none"))}.", nameof(condition));
    }
}
