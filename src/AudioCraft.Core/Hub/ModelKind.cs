namespace AudioCraft.Hub;

/// <summary>What a repository is asked for, which decides on the files that are fetched.</summary>
internal enum ModelKind
{
    /// <summary>A language model with its codec.</summary>
    Generative,

    /// <summary>A codec.</summary>
    Compression,

    /// <summary>A T5, of which the encoder is used.</summary>
    TextEncoder,
}
