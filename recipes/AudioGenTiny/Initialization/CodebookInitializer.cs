using AudioCraft;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>
/// Initializes the embeddings and output weights of a language model from the codebooks of its codec, so that codes with similar vectors have similar weights. From random weights, a
/// model has to learn each of a thousand codes separately, and treats rare ones as silence.
/// </summary>
public static class CodebookInitializer
{
    /// <summary>Share of the variance of a weight that comes from the codebook; the rest stays random, so that similar codes differ.</summary>
    private const double Share = 0.7;

    private static readonly Scalar RandomFactor = Math.Sqrt(1 - Share), CodebookFactor = Math.Sqrt(Share);

    /// <summary>Smallest standard deviation of a dimension that is used, as a share of the largest.</summary>
    private static readonly Scalar SmallestDeviation = 0.05f;

    /// <summary>Lower limit of divisors.</summary>
    private static readonly Scalar Least = 1e-12f, LeastDeviation = 1e-6f;

    /// <summary>Sets the embeddings and output weights of a new model. The random projections come from libtorch's default generator.</summary>
    /// <param name="model">A model of the codes of <paramref name="codec"/>.</param>
    /// <param name="codec">The codec.</param>
    /// <exception cref="ArgumentException">The codebooks of model and codec differ.</exception>
    public static void Initialize(LMModel model, CompressionModel codec)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(codec);
        var (count, entries) = (model.NumCodebooks, codec.Cardinality);
        if (count != codec.NumCodebooks || model.Config.Cardinality != entries)
        {
            throw new ArgumentException($"The model has {count} codebooks of {model.Config.Cardinality} entries, the codec {codec.NumCodebooks} of {entries}.", nameof(codec));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        for (var k = 0; k < count; k++)
        {
            var vectors = Vectors(codec, k).to(model.parameters().First().device);
            foreach (var name in new[] { $"emb.{k}.weight", $"linears.{k}.weight" })
            {
                // The embedding has one more row, that of the special token, which is not changed.
                var rows = parameters[name].narrow(0, 0, entries);
                var initial = rows.pow(Scalars.Two).mean().sqrt();
                var projected = vectors.matmul(randn(vectors.size(1), rows.size(1), device: vectors.device));
                rows.mul_(RandomFactor).add_(projected * (initial / projected.pow(Scalars.Two).mean().sqrt().clamp_min(Least)), CodebookFactor);
            }
        }
    }

    /// <summary>The latent vector of each entry of a codebook, [entries, dimension]: each dimension has mean 0 and standard deviation 1, except those with almost no variance.</summary>
    private static Tensor Vectors(CompressionModel codec, int codebook)
    {
        var codes = zeros(1, codebook + 1, codec.Cardinality, ScalarType.Int64, device: codec.parameters().First().device);
        codes[0, codebook].copy_(tensor([.. Enumerable.Range(0, codec.Cardinality).Select(code => (long)code)]));
        var vectors = codec.DecodeLatent(codes)[0].transpose(0, 1).to(ScalarType.Float32);
        vectors = vectors - vectors.mean([0], keepdim: true);
        var deviations = vectors.pow(Scalars.Two).mean([0], keepdim: true).sqrt();
        return vectors / deviations.maximum(deviations.max().mul(SmallestDeviation).clamp_min(LeastDeviation));
    }
}
