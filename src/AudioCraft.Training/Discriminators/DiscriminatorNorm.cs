
namespace AudioCraft.Training;

/// <summary>Normalization of the convolutions of a discriminator.</summary>
public enum DiscriminatorNorm
{
    /// <summary>None: <c>weight</c> is a parameter.</summary>
    None,

    /// <summary>Weight normalization (Salimans and Kingma 2016): each kernel is a length, <c>weight_g</c>, and a direction, <c>weight_v</c>.</summary>
    WeightNorm,

    /// <summary>
    /// Spectral normalization (Miyato et al. 2018): <c>weight_orig</c> is divided by its largest singular value, which each forward pass in training
    /// estimates more precisely with the vectors <c>weight_u</c> and <c>weight_v</c>.
    /// </summary>
    SpectralNorm,

    /// <summary>A group norm over channels and all positions after each convolution.</summary>
    TimeGroupNorm,
}
