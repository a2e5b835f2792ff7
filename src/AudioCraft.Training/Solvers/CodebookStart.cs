using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// First weights of a language model that know what its codec's codes stand for: codes whose vectors lie close to each other begin with like embeddings and like output weights. From
/// random weights a model must learn of each of a thousand codes alone what it could learn of its neighbours, and takes rare ones for silence.
/// </summary>
public static class CodebookStart
{
    /// <summary>How much of a weight's variance comes from the codebook; the rest stays as it was drawn and tells neighbours apart.</summary>
    private const double Share = 0.7;

    /// <summary>Deviations of less than this part of the largest are taken for that.</summary>
    private const float NextToNothing = 0.05f;

    /// <summary>Sets the embeddings and output weights of a new model. The random projections are libtorch's: seed them before.</summary>
    /// <param name="model">Predicts the codes of <paramref name="codec"/>.</param>
    /// <param name="codec">Whose codebooks they are.</param>
    /// <exception cref="ArgumentException">The model has other codebooks.</exception>
    public static void Apply(LMModel model, CompressionModel codec)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(codec);
        var (count, entries) = (model.NumCodebooks, codec.Cardinality);
        if (count != codec.NumCodebooks || model.Config.Cardinality != entries)
        {
            throw new ArgumentException($"The model speaks {count} codebooks of {model.Config.Cardinality}, the codec {codec.NumCodebooks} of {entries}.", nameof(codec));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        for (var k = 0; k < count; k++)
        {
            var vectors = Vectors(codec, k).to(model.Device);
            foreach (var name in new[] { $"emb.{k}.weight", $"linears.{k}.weight" })
            {
                // The embedding has a row more: the special token's, which stays as it is.
                var rows = parameters[name].narrow(0, 0, entries);
                var drawn = rows.square().mean().sqrt();
                var projected = vectors.matmul(randn(vectors.size(1), rows.size(1), device: vectors.device));
                rows.mul_(Math.Sqrt(1 - Share)).add_(projected * (drawn * Math.Sqrt(Share) / projected.square().mean().sqrt().clamp_min(1e-12f)));
            }
        }
    }

    /// <summary>What each entry of a codebook adds to a frame, [entries, dimension]: each dimension with the mean 0 and the deviation 1, but those of which the codebook says next to nothing.</summary>
    private static Tensor Vectors(CompressionModel codec, int codebook)
    {
        var codes = zeros(1, codebook + 1, codec.Cardinality, ScalarType.Int64, device: codec.Device);
        codes[0, codebook].copy_(arange(codec.Cardinality));
        var vectors = codec.DecodeLatent(codes)[0].transpose(0, 1).to(ScalarType.Float32);
        vectors = vectors - vectors.mean([0], keepdim: true);
        var deviations = vectors.square().mean([0], keepdim: true).sqrt();
        return vectors / deviations.maximum((deviations.max() * NextToNothing).clamp_min(1e-6f));
    }
}
