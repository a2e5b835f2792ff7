namespace AudioCraft.Kernels;

/// <summary>Where a tap finds its sample and its weight.</summary>
/// <param name="Step">Which of the samples of a stride.</param>
/// <param name="Shift">How many strides on.</param>
/// <param name="Weight">Where its weight is, from the first of the channel.</param>
internal readonly record struct ConvTap(int Step, int Shift, int Weight);

/// <summary>What a convolution, or a transposed one, computes: rows of frames, each a sum over channels and taps.</summary>
internal sealed record ConvShape
{
    /// <summary>Channels in.</summary>
    public required int Inputs { get; init; }

    /// <summary>Samples of a channel in.</summary>
    public required long Length { get; init; }

    /// <summary>Samples in a frame: the stride of a convolution.</summary>
    public required int Steps { get; init; }

    /// <summary>The first sample that the first frame sees; below 0 where zeros come before.</summary>
    public required long First { get; init; }

    /// <summary>Rows of frames: the channels out, or for a transposed convolution as many for each sample of its stride.</summary>
    public required int Rows { get; init; }

    /// <summary>Frames of a row.</summary>
    public required long Frames { get; init; }

    /// <summary>How many rows take turns in a channel out.</summary>
    public required int RowsPerOutput { get; init; }

    /// <summary>Samples of a channel out that are left out before its first.</summary>
    public long Trim { get; init; }

    /// <summary>Weights from one channel in to the next.</summary>
    public required int WeightChannel { get; init; }

    /// <summary>Taps of a row.</summary>
    public required ConvTap[] Taps { get; init; }
}

/// <summary>What is done on the way into a convolution and out of it, in plain memory.</summary>
internal readonly unsafe struct ConvExtras
{
    /// <summary>One number a channel in, with which it goes through <see cref="SnakeKernel"/>; or null.</summary>
    public float* Alpha { get; init; }

    /// <summary>What is added to the frames of the first channel out; the next channel is <see cref="ResidualLength"/> further on. Or null.</summary>
    public float* Residual { get; init; }

    /// <summary>Samples of a channel of <see cref="Residual"/>.</summary>
    public long ResidualLength { get; init; }
}
