using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>What <see cref="StreamingEncoder"/> and <see cref="StreamingDecoder"/> have in common.</summary>
internal interface ICodecStream : IDisposable
{
    /// <summary>Takes a piece, gives what is certain with it or null.</summary>
    Tensor? Push(Tensor piece);

    /// <summary>Gives what is left, or null.</summary>
    Tensor? Flush();
}
