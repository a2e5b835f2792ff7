namespace AudioCraft.Codecs;

/// <summary>Normalisation of the convolutions of a SEANet.</summary>
public enum ConvNorm
{
    /// <summary>None.</summary>
    None,

    /// <summary>Weight normalisation (Salimans and Kingma 2016): each kernel is a direction and a length. Folded into one weight for inference.</summary>
    WeightNorm,

    /// <summary>A group norm over channels and time after each convolution. Results depend on the length of the segment; not causal.</summary>
    TimeGroupNorm,
}
