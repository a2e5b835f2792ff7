using AudioCraft.Checkpoints;
using AudioCraft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft.Conditioning;

/// <summary>
/// The encoder of T5 1.0, T5 1.1 and Flan-T5 in float32 (Raffel et al. 2020; transformers' modeling_t5.py): relative positions from a table of buckets,
/// RMS norm before each layer, no biases. Weights have the names of the Hugging Face file.
/// </summary>
public sealed class T5Encoder : Module<Tensor, Tensor, Tensor>
{
    private const string SharedName = "shared.weight";
    private const string EncoderName = "encoder.embed_tokens.weight";
    private const string OutputName = "lm_head.weight";

    /// <summary>The names of the embedding in order of preference: a file may contain it only under the name of a module that shares it.</summary>
    private static readonly string[] EmbeddingNames = [SharedName, EncoderName, "decoder.embed_tokens.weight", OutputName];

    private readonly T5Embedding shared;
    private readonly T5Stack encoder;

    /// <summary>Creates an encoder on the CPU with random weights.</summary>
    public T5Encoder(T5Config config) : base(nameof(T5Encoder))
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
        shared = new T5Embedding(config.VocabularySize, config.ModelDimension);
        encoder = new T5Stack(config);
        RegisterComponents();
    }

    /// <summary>Sizes of the encoder.</summary>
    public T5Config Config { get; }

    /// <summary>Encodes a padded batch. The results at masked positions are meaningless.</summary>
    /// <param name="inputIds">[B, T], int64, 0 to <see cref="T5Config.VocabularySize"/> - 1; T at least 1.</param>
    /// <param name="attentionMask">[B, T], 1 where there is a token, 0 where there is padding. A row may be all zeros.</param>
    /// <returns>[B, T, <see cref="T5Config.ModelDimension"/>], float32.</returns>
    /// <exception cref="ArgumentException">A shape, the element type or an id is wrong.</exception>
    public override Tensor forward(Tensor inputIds, Tensor attentionMask)
    {
        ArgumentNullException.ThrowIfNull(inputIds);
        ArgumentNullException.ThrowIfNull(attentionMask);
        var shape = inputIds.shape;
        if (shape.Length != 2 || shape[0] == 0 || shape[1] == 0 || inputIds.dtype != ScalarType.Int64)
        {
            throw new ArgumentException($"Token ids are int64 [B, T] with neither 0; these are {inputIds.dtype} [{string.Join(", ", shape)}].", nameof(inputIds));
        }

        if (!attentionMask.shape.SequenceEqual(shape))
        {
            throw new ArgumentException(
                $"The mask has shape [{string.Join(", ", attentionMask.shape)}], but the ids have [{string.Join(", ", shape)}].", nameof(attentionMask));
        }

        using var scope = NewDisposeScope();
        var (lowest, highest) = (inputIds.min().item<long>(), inputIds.max().item<long>());
        if (lowest < 0 || highest >= Config.VocabularySize)
        {
            throw new ArgumentOutOfRangeException(nameof(inputIds), lowest < 0 ? lowest : highest, $"A token id is 0 to {Config.VocabularySize - 1}.");
        }

        var embedded = shared.forward(inputIds.flatten()).view(shape[0], shape[1], Config.ModelDimension);
        return encoder.forward(embedded, attentionMask).MoveToOuterDisposeScope();
    }

    /// <summary>Creates the encoder with the weights of an archive that contains a whole T5 or its encoder. The decoder and the output head are ignored.</summary>
    /// <param name="config">The configuration. It is compared with the archive before anything is allocated.</param>
    /// <param name="archive">Tensors by their Hugging Face names after <paramref name="prefix"/>.</param>
    /// <param name="prefix">For instance <c>text_encoder.</c></param>
    /// <exception cref="CheckpointException">A tensor is missing, unexpected or of another shape.</exception>
    internal static T5Encoder Load(T5Config config, TensorArchive archive, string prefix = "")
    {
        var embedding = EmbeddingName(name => archive.Tensors.ContainsKey(prefix + name) && (name != OutputName || config.TieWordEmbeddings));
        CheckSizes(config, archive, prefix, embedding);
        T5Encoder result;
        using (new DeferredInitialization())
        {
            result = new T5Encoder(config);
        }

        try
        {
            WeightLoader.Load(result, archive, new WeightLoadOptions
            {
                Prefix = prefix,
                Rename = name => name == SharedName ? embedding : name,
                MayBeUnused = name => IsOutsideEncoder(prefix.Length > 0 && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name),
            });
            result.eval();
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>The bias that relative positions add to the attention logits: [1, heads, T, T].</summary>
    internal Tensor PositionBias(long length, Device device) => encoder.PositionBias(length, device);

    /// <summary>Whether <see cref="Load"/> uses a tensor of a T5 file.</summary>
    internal static bool IsOfEncoder(string name, Func<string, bool> has) =>
        name == EmbeddingName(has) || (name != EncoderName && name.StartsWith("encoder.", StringComparison.Ordinal));

    /// <summary>The name of the embedding in a file; <see cref="SharedName"/> if it has none.</summary>
    private static string EmbeddingName(Func<string, bool> has) => Array.Find(EmbeddingNames, name => has(name)) ?? SharedName;

    private static bool IsOutsideEncoder(string name) =>
        name is SharedName or EncoderName or OutputName || name.StartsWith("decoder.", StringComparison.Ordinal);

    /// <summary>Compares the configuration with the archive, so that no more is allocated than the file contains.</summary>
    private static void CheckSizes(T5Config config, TensorArchive archive, string prefix, string embedding)
    {
        const string First = "encoder.block.0.layer.";
        var inner = config.HeadCount * config.HeadDimension;
        Check(embedding, config.VocabularySize, config.ModelDimension);
        Check(First + "0.SelfAttention.q.weight", inner, config.ModelDimension);
        Check(First + "0.SelfAttention.relative_attention_bias.weight", config.RelativeBuckets, config.HeadCount);
        Check(First + "1.DenseReluDense.wo.weight", config.ModelDimension, config.FeedForwardDimension);
        archive.CheckHolds(config.ParameterCount, "text encoder");

        void Check(string name, params long[] shape)
        {
            var found = archive.Tensors.TryGetValue(prefix + name, out var info);
            if (!found || !info!.Shape.SequenceEqual(shape))
            {
                throw new CheckpointException(
                    $"{archive.Source}: tensor '{prefix + name}' {(found ? $"has shape {info!.ShapeText}" : "is missing")}; config.json requires [{string.Join(", ", shape)}].");
            }
        }
    }
}

/// <summary>The blocks of a T5 encoder and the norm after them.</summary>
internal sealed class T5Stack : Module<Tensor, Tensor, Tensor>
{
    private readonly ModuleList<T5Block> block;
    private readonly T5LayerNorm final_layer_norm;

    public T5Stack(T5Config config) : base(nameof(T5Stack))
    {
        block = new ModuleList<T5Block>();
        for (var i = 0; i < config.LayerCount; i++)
        {
            block.Add(new T5Block(config, hasPositions: i == 0));
        }

        final_layer_norm = new T5LayerNorm(config.ModelDimension, config.LayerNormEpsilon);
        RegisterComponents();
    }

    /// <summary>Embedded tokens [B, T, width] and their mask [B, T] → [B, T, width].</summary>
    public override Tensor forward(Tensor embedded, Tensor attentionMask)
    {
        using var scope = NewDisposeScope();
        var bias = block[0].PositionBias(embedded.size(1), embedded.device) + MaskBias(attentionMask);
        var hidden = embedded;
        foreach (var one in block)
        {
            var next = one.forward(hidden, bias);
            if (!ReferenceEquals(hidden, embedded))
            {
                hidden.Dispose();
            }

            hidden = next;
        }

        return final_layer_norm.forward(hidden).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="T5SelfAttention.PositionBias"/>
    internal Tensor PositionBias(long length, Device device) => block[0].PositionBias(length, device);

    /// <summary>
    /// [B, T] → [B, 1, 1, T]: zero, or the lowest float32 where the mask is zero. Not minus infinity, because a fully masked row
    /// must be finite: it is multiplied by zero later.
    /// </summary>
    private static Tensor MaskBias(Tensor mask) => (1 - mask.to(ScalarType.Float32)).mul_(float.MinValue).unsqueeze(1).unsqueeze(1);
}

/// <summary>A block of the encoder: attention and feed-forward layer, each with a norm before it and a residual connection.</summary>
internal sealed class T5Block : Module<Tensor, Tensor, Tensor>
{
    private readonly ModuleList<Module> layer;

    public T5Block(T5Config config, bool hasPositions) : base(nameof(T5Block))
    {
        layer = new ModuleList<Module>(new T5AttentionLayer(config, hasPositions), new T5FeedForwardLayer(config));
        RegisterComponents();
    }

    /// <summary>[B, T, width] and the bias of the attention logits [1 or B, heads, T, T] → [B, T, width].</summary>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var attended = ((T5AttentionLayer)layer[0]).forward(input, bias);
        return ((T5FeedForwardLayer)layer[1]).forward(attended);
    }

    /// <inheritdoc cref="T5SelfAttention.PositionBias"/>
    public Tensor PositionBias(long length, Device device) => ((T5AttentionLayer)layer[0]).PositionBias(length, device);
}

/// <summary>Norm, self-attention and residual connection.</summary>
internal sealed class T5AttentionLayer : Module<Tensor, Tensor, Tensor>
{
    private readonly T5SelfAttention SelfAttention;
    private readonly T5LayerNorm layer_norm;

    public T5AttentionLayer(T5Config config, bool hasPositions) : base(nameof(T5AttentionLayer))
    {
        SelfAttention = new T5SelfAttention(config, hasPositions);
        layer_norm = new T5LayerNorm(config.ModelDimension, config.LayerNormEpsilon);
        RegisterComponents();
    }

    /// <inheritdoc cref="T5Block.forward"/>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var normed = layer_norm.forward(input);
        return SelfAttention.forward(normed, bias).add_(input);
    }

    /// <inheritdoc cref="T5SelfAttention.PositionBias"/>
    public Tensor PositionBias(long length, Device device) => SelfAttention.PositionBias(length, device);
}

/// <summary>Norm, feed-forward layer and residual connection.</summary>
internal sealed class T5FeedForwardLayer : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> DenseReluDense;
    private readonly T5LayerNorm layer_norm;

    public T5FeedForwardLayer(T5Config config) : base(nameof(T5FeedForwardLayer))
    {
        DenseReluDense = config.GatedGelu ? new T5GatedFeedForward(config) : new T5ReluFeedForward(config);
        layer_norm = new T5LayerNorm(config.ModelDimension, config.LayerNormEpsilon);
        RegisterComponents();
    }

    /// <summary>[B, T, width] → [B, T, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var normed = layer_norm.forward(input);
        return DenseReluDense.forward(normed).add_(input);
    }
}

/// <summary>
/// Multi-head self-attention without scaling by 1/√d and without biases; heads × head width may differ from the model's width.
/// The first block also has the table of relative positions that all blocks share.
/// </summary>
internal sealed class T5SelfAttention : Module<Tensor, Tensor, Tensor>
{
    private readonly long heads;
    private readonly long headWidth;
    private readonly long buckets;
    private readonly long maxDistance;
    private readonly Linear q;
    private readonly Linear k;
    private readonly Linear v;
    private readonly Linear o;
    private readonly T5Embedding? relative_attention_bias;

    public T5SelfAttention(T5Config config, bool hasPositions) : base(nameof(T5SelfAttention))
    {
        (heads, headWidth) = (config.HeadCount, config.HeadDimension);
        (buckets, maxDistance) = (config.RelativeBuckets, config.RelativeMaxDistance);
        q = new Linear(config.ModelDimension, heads * headWidth, bias: false);
        k = new Linear(config.ModelDimension, heads * headWidth, bias: false);
        v = new Linear(config.ModelDimension, heads * headWidth, bias: false);
        o = new Linear(heads * headWidth, config.ModelDimension, bias: false);
        relative_attention_bias = hasPositions ? new T5Embedding(buckets, heads) : null;
        RegisterComponents();
    }

    /// <summary>[B, T, width] and the bias of the attention logits [1 or B, heads, T, T] → [B, T, width].</summary>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var logits = matmul(Heads(q.forward(input)), Heads(k.forward(input)).transpose(2, 3)).add_(bias);
        var mixed = matmul(logits.softmax(-1), Heads(v.forward(input)));
        return o.forward(mixed.transpose(1, 2).reshape(input.size(0), input.size(1), heads * headWidth)).MoveToOuterDisposeScope();
    }

    /// <summary>The bias that relative positions add to the attention logits of <paramref name="length"/> tokens: [1, heads, T, T]. Only the first block has it.</summary>
    public Tensor PositionBias(long length, Device device)
    {
        using var scope = NewDisposeScope();
        var table = relative_attention_bias ?? throw new InvalidOperationException("Only the first block has the table of relative positions.");

        // One row for each distance from 1 - T to T - 1, then gathered for all pairs of query and key.
        var distances = arange(1 - length, length, dtype: ScalarType.Int64);
        var byDistance = table.forward(Buckets(distances, buckets, maxDistance).to(device)).t();
        var steps = arange(length, dtype: ScalarType.Int64);
        var pairs = (steps.unsqueeze(0) - steps.unsqueeze(1) + (length - 1)).flatten().to(device);
        return byDistance.index_select(1, pairs).view(1, heads, length, length).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The bucket of each distance (key minus query), on the CPU: half of the buckets are for later keys; of each half, one half is for exact distances and
    /// the other for logarithmic ranges, computed and truncated in float32 as in the reference.
    /// </summary>
    internal static Tensor Buckets(Tensor distances, long buckets, long maxDistance)
    {
        using var scope = NewDisposeScope();
        var half = buckets / 2;
        var exact = half / 2;
        var far = distances.abs();
        var logarithmic = far.to(ScalarType.Float32).div(exact).log().div(Math.Log(maxDistance / (double)exact)).mul(half - exact);
        var coarse = logarithmic.clamp(min: 0).to(ScalarType.Int64).add(exact).clamp(max: half - 1);
        return where(far.lt(exact), far, coarse).add(distances.gt(0).to(ScalarType.Int64).mul(half)).MoveToOuterDisposeScope();
    }

    private Tensor Heads(Tensor x) => x.view(x.size(0), x.size(1), heads, headWidth).transpose(1, 2);
}

/// <summary>Two linear layers with a ReLU between them (T5 1.0; <c>wi</c>, <c>wo</c>).</summary>
internal sealed class T5ReluFeedForward : Module<Tensor, Tensor>
{
    private readonly Linear wi;
    private readonly Linear wo;

    public T5ReluFeedForward(T5Config config) : base(nameof(T5ReluFeedForward))
    {
        wi = new Linear(config.ModelDimension, config.FeedForwardDimension, bias: false);
        wo = new Linear(config.FeedForwardDimension, config.ModelDimension, bias: false);
        RegisterComponents();
    }

    /// <summary>[B, T, width] → [B, T, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return wo.forward(wi.forward(input).relu()).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// A linear layer gated by the GELU of another (Shazeer 2020, "GLU Variants Improve Transformer"; T5 1.1 and Flan-T5; <c>wi_0</c>, <c>wi_1</c>, <c>wo</c>).
/// GELU is approximated by tanh, as in those models.
/// </summary>
internal sealed class T5GatedFeedForward : Module<Tensor, Tensor>
{
    private readonly Linear wi_0;
    private readonly Linear wi_1;
    private readonly Linear wo;

    public T5GatedFeedForward(T5Config config) : base(nameof(T5GatedFeedForward))
    {
        wi_0 = new Linear(config.ModelDimension, config.FeedForwardDimension, bias: false);
        wi_1 = new Linear(config.ModelDimension, config.FeedForwardDimension, bias: false);
        wo = new Linear(config.FeedForwardDimension, config.ModelDimension, bias: false);
        RegisterComponents();
    }

    /// <summary>[B, T, width] → [B, T, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var gate = GeluByTanh(wi_0.forward(input));
        return wo.forward(gate * wi_1.forward(input)).MoveToOuterDisposeScope();
    }

    private static Tensor GeluByTanh(Tensor x) =>
        x * 0.5 * (x.pow(3).mul_(0.044715).add_(x).mul_(Math.Sqrt(2 / Math.PI)).tanh() + 1.0);
}

/// <summary>Scales to a root mean square of one, without subtracting the mean and without a shift (RMSNorm, Zhang and Sennrich 2019).</summary>
internal sealed class T5LayerNorm : Module<Tensor, Tensor>
{
    private readonly double epsilon;
    private readonly Parameter weight;

    public T5LayerNorm(long width, double epsilon) : base(nameof(T5LayerNorm))
    {
        this.epsilon = epsilon;
        weight = ParameterFactory.Constant(1, width);
        RegisterComponents();
    }

    /// <summary>[…, width] → […, width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var scale = input.square().mean([-1L], keepdim: true).add_(epsilon).rsqrt();
        return (input * scale * weight).MoveToOuterDisposeScope();
    }
}

/// <summary>An embedding table. Unlike <c>torch.nn.Embedding</c>, it is not initialized if a checkpoint is about to overwrite it.</summary>
internal sealed class T5Embedding : Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    public T5Embedding(long rows, long width) : base(nameof(T5Embedding))
    {
        weight = ParameterFactory.Normal(rows, width);
        RegisterComponents();
    }

    /// <summary>Indexes [N] int64 → [N, width].</summary>
    public override Tensor forward(Tensor input) => weight.index_select(0, input);
}
