namespace AudioCraft.Codecs;

/// <summary>Normalization of the convolutions of a SEANet.</summary>
public enum ConvNorm
{
    /// <summary>None.</summary>
    None,

    /// <summary>Weight normalization (Salimans and Kingma 2016): each kernel is a direction and a length. Folded into one weight for inference.</summary>
    WeightNorm,

    /// <summary>A group norm over channels and time after each convolution. Results depend on the length of the segment; not causal.</summary>
    TimeGroupNorm,
}

/// <summary>Options that all convolutions of a SEANet share.</summary>
/// <param name="Norm">Normalization.</param>
/// <param name="NormEpsilon">Added to the variance by <see cref="ConvNorm.TimeGroupNorm"/>.</param>
/// <param name="Causal">Whether no output depends on later input.</param>
/// <param name="PaddingMode">Values outside the input.</param>
/// <param name="Training">Whether weight normalization keeps its own parameters instead of one folded weight.</param>
internal sealed record ConvOptions(ConvNorm Norm, double NormEpsilon, bool Causal, ConvPaddingMode PaddingMode, bool Training)
{
    /// <summary>Whether a convolution has <c>weight_g</c> and <c>weight_v</c>.</summary>
    public bool SplitWeight => Training && Norm == ConvNorm.WeightNorm;

    /// <summary>The group norm that follows a convolution, if any.</summary>
    public TimeGroupNorm? CreateNorm(long channels) => Norm == ConvNorm.TimeGroupNorm ? new TimeGroupNorm(channels, NormEpsilon) : null;

    /// <summary>The same without normalization, for the outer blocks that <c>disable_norm_outer_blocks</c> counts.</summary>
    public ConvOptions WithoutNorm() => this with { Norm = ConvNorm.None };
}
