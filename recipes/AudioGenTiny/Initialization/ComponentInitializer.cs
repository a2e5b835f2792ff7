using System.Text.RegularExpressions;
using AudioCraft;
using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>
/// Initializes a SEANet as the best linear codec: each strided convolution of the encoder computes the principal components (Karhunen-Loève) of its input blocks, each transposed
/// convolution of the decoder restores the blocks. From random weights, a codec of few filters needs thousands of updates to get this far.
/// <para>
/// Signals are scaled so that they stay in the linear range of ELU.
/// </para>
/// </summary>
/// <param name="batches">Training batches from which the components are computed, at least 1.</param>
public sealed partial class ComponentInitializer(int batches) : ICodecInitializer
{
    private const double Deviation = 0.15, LatentDeviation = 1, Noise = 0.01, BranchScale = 0.1;

    /// <inheritdoc/>
    public void Initialize(EncodecModel model, AudioDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batches, 1);
        using var scope = NewDisposeScope();
        var audio = new List<Tensor>();
        for (var number = 0; number < batches; number++)
        {
            using var batch = data.Batch(number);
            audio.Add(batch.Wav.clone());
        }

        Initialize(model, cat(audio, 0));
    }

    /// <summary>Sets the weights.</summary>
    /// <param name="model">A model with ELU, α = 1, and one configuration for encoder and decoder.</param>
    /// <param name="sound">Typical audio, [B, C, T]; some thousand frames.</param>
    /// <exception cref="ArgumentException">The model does not suit this initialization.</exception>
    public static void Initialize(EncodecModel model, Tensor sound)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sound);
        if (model.Config.Encoder.Activation.Name != "ELU" || model.Config.Decoder is not null)
        {
            throw new ArgumentException($"The initialization with principal components needs ELU, not {model.Config.Encoder.Activation.Name}, and one configuration for encoder and decoder.", nameof(model));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var config = model.Config.Encoder;
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        var (encoder, decoder) = (CodecKernel.Names(parameters.Keys, "encoder"), CodecKernel.Names(parameters.Keys, "decoder"));
        foreach (var name in parameters.Keys.Where(n => BranchEnd().IsMatch(n)))
        {
            using Scalar factor = name.EndsWith("bias", StringComparison.Ordinal) ? 0 : BranchScale;
            parameters[name].mul_(factor);
        }

        int Center(int kernel) => kernel - 1 - (config.Causal ? 0 : (kernel - 1) / 2);
        var stages = config.Ratios.Count;
        var scale = Deviation / Math.Max(1e-4, sound.pow(Scalars.Two).mean().sqrt().item<float>());
        using Scalar gain = scale;
        var signal = sound.mul(gain);
        var active = config.Channels;
        var (first, last) = (new CodecKernel(parameters, encoder[0]), new CodecKernel(parameters, decoder[^1]));
        for (var c = 0; c < Math.Min(active, config.Filters); c++)
        {
            first.Set(c, c, Center(config.KernelSize), scale);
            last.Set(c, c, Center(config.LastKernelSize), 1 / scale);
        }

        first.Finish(Noise);
        last.Finish(Noise);
        for (var stage = 0; stage < stages; stage++)
        {
            var stride = config.Ratios[stages - 1 - stage];
            var components = new Components(signal, stride, Math.Min(active * stride, config.Filters << (stage + 1)), Deviation);
            var (down, up) = (new CodecKernel(parameters, encoder[stage + 1]), new CodecKernel(parameters, decoder[^(stage + 2)]));
            var (before, after) = (stride - (config.Causal ? 0 : stride / 2), stride - (config.Causal ? (int)Math.Ceiling(stride * config.TrimRightRatio) : stride / 2));
            for (var k = 0; k < components.Count; k++)
            {
                for (var j = 0; j < active * stride; j++)
                {
                    down.Set(k, j / stride, before + (j % stride), components.Vectors[k][j] * components.Scale);
                    up.Set(k, j / stride, after + (j % stride), components.Vectors[k][j] / components.Scale);
                }
            }

            down.Finish(Noise);
            up.Finish(Noise);
            (signal, active) = (components.Project(signal), components.Count);
        }

        var latent = new Components(signal, 1, Math.Min(active, config.Dimension), LatentDeviation);
        var (inner, outer) = (new CodecKernel(parameters, encoder[^1]), new CodecKernel(parameters, decoder[0]));
        for (var k = 0; k < latent.Count; k++)
        {
            for (var j = 0; j < active; j++)
            {
                inner.Set(k, j, Center(config.LastKernelSize), latent.Vectors[k][j] * latent.Scale);
                outer.Set(j, k, Center(config.KernelSize), latent.Vectors[k][j] / latent.Scale);
            }
        }

        inner.Finish(Noise);
        outer.Finish(Noise);
    }

    [GeneratedRegex(@"\.block\.3\.conv\.conv\.(weight|weight_g|bias)$")]
    private static partial Regex BranchEnd();

    /// <summary>Principal components of the blocks of a signal, scaled so that the strongest has a given standard deviation.</summary>
    private sealed class Components
    {
        private readonly int block;

        public Components(Tensor signal, int block, int count, double deviation)
        {
            this.block = block;
            using var scope = NewDisposeScope();
            var rows = Blocks(signal);
            using Scalar number = (double)rows.size(0);
            var covariance = rows.t().matmul(rows).div(number).to(ScalarType.Float64);

            // In ascending order, one eigenvector a column.
            var (variances, vectors) = linalg.eigh(covariance);
            Vectors = [.. Enumerable.Range(1, count).Select(k => vectors.select(1, -k).contiguous().data<double>().ToArray())];
            Scale = deviation / Math.Sqrt(Math.Max(variances[-1].item<double>(), 1e-12));
        }

        public double[][] Vectors { get; }

        public double Scale { get; }

        public int Count => Vectors.Length;

        /// <summary>[B, C, T] → [B, components, T / block].</summary>
        public Tensor Project(Tensor signal)
        {
            using var scope = NewDisposeScope();
            var matrix = tensor([.. Vectors.SelectMany(v => v).Select(v => (float)(v * Scale))], [Count, Vectors[0].Length]);
            return Blocks(signal).matmul(matrix.t()).view(signal.size(0), -1, Count).transpose(1, 2).contiguous().MoveToOuterDisposeScope();
        }

        private Tensor Blocks(Tensor signal)
        {
            var frames = signal.size(2) / block;
            return signal.narrow(2, 0, frames * block).view(signal.size(0), signal.size(1), frames, block).permute(0, 2, 1, 3).reshape(-1, signal.size(1) * block);
        }
    }
}
