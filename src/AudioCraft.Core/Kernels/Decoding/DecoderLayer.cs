using AudioCraft.LanguageModel;
using AudioCraft.Layers;
using Linear = AudioCraft.Layers.Linear;

namespace AudioCraft.Kernels;

/// <summary>The weights of a transformer layer for decoding in plain memory: views of the layer's own, so that nothing is copied and nothing to be disposed of.</summary>
/// <param name="SelfNorm">Normalisation before the self-attention.</param>
/// <param name="Projection">Query, key and value of the self-attention [3 · dim, dim].</param>
/// <param name="Output">Output of the self-attention [dim, dim].</param>
/// <param name="CrossNorm">Normalisation before the cross attention, or null.</param>
/// <param name="CrossProjection">The projections of the cross attention, of which only the first dim rows, the query's, are used; or null.</param>
/// <param name="CrossOutput">Output of the cross attention [dim, dim], or null.</param>
/// <param name="FeedForwardNorm">Normalisation before the feed-forward block.</param>
/// <param name="Up">Feed-forward, first matrix.</param>
/// <param name="Down">Feed-forward, second matrix.</param>
internal sealed record DecoderLayer(
    NormView SelfNorm, AffineView Projection, AffineView Output,
    NormView? CrossNorm, AffineView? CrossProjection, AffineView? CrossOutput,
    NormView FeedForwardNorm, AffineView Up, AffineView Down)
{
    /// <summary>Puts the weights of a layer together; null where one of them is not float32, or packed, on the CPU.</summary>
    public static DecoderLayer? Create(
        StreamingMultiheadAttention self, StreamingMultiheadAttention? cross, Linear up, Linear down, LayerNorm selfNorm, LayerNorm? crossNorm, LayerNorm feedForwardNorm)
    {
        static AffineView? Of(Linear? linear) => linear is null ? null : AffineView.Of(linear.Matrix, linear.Bias);
        var projection = AffineView.Of(self.Projection, self.ProjectionBias);
        var (output, first, second, crossOutput) = (Of(self.Output), Of(up), Of(down), Of(cross?.Output));
        var crossProjection = cross is null ? null : AffineView.Of(cross.Projection, cross.ProjectionBias);
        return projection is null || output is null || first is null || second is null || (cross is not null && (crossProjection is null || crossOutput is null))
            ? null
            : new(
                new(selfNorm), projection, output,
                crossNorm is null ? null : new(crossNorm), crossProjection, crossOutput,
                new(feedForwardNorm), first, second);
    }
}
