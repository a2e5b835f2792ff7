using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Sets the weights that the training of a codec starts from, in place of random ones (<see cref="CompressionTrainingOptions.Initializer"/>).
/// </summary>
public interface ICodecInitializer
{
    /// <summary>
    /// Sets the weights of a new model on the CPU. It also runs when a training resumes, before the weights are restored: parameters whose <c>requires_grad</c> it turns off are
    /// not trained.
    /// </summary>
    /// <param name="model">The model, with random weights.</param>
    /// <param name="data">The training data.</param>
    /// <exception cref="ArgumentException">The model's architecture does not suit this initialization.</exception>
    void Initialize(EncodecModel model, AudioDataset data);

    /// <summary>Called after each backward pass and before the optimizer's step, for example to set gradients of rows that are not trained to zero.</summary>
    /// <param name="model">The model, with gradients.</param>
    void MaskGradients(EncodecModel model)
    {
    }

    /// <summary>The frames from which the first codebook is initialized by k-means, if they differ from those of the other codebooks.</summary>
    /// <param name="frames">Encoder output, [1, D, N].</param>
    /// <returns>A new tensor of the same shape, or null to use <paramref name="frames"/>.</returns>
    Tensor? FirstCodebookFrames(Tensor frames) => null;
}
