namespace AudioCraft.Hub;

/// <summary>The kind of model, which determines the files to download.</summary>
internal enum ModelKind
{
    /// <summary>A language model with its codec.</summary>
    Generative,

    /// <summary>A codec.</summary>
    Compression,

    /// <summary>A T5, of which the encoder is used.</summary>
    TextEncoder,
}
