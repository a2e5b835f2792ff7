using static TorchSharp.torch;

namespace AudioCraft.Codecs;

/// <summary>What the streams of a codec are made of.</summary>
/// <param name="Samples">So many samples are …</param>
/// <param name="Frames">… so many frames of codes.</param>
/// <param name="OpenEncoder">Sound [B, C, n] to codes [B, K, f], at the start of a stream.</param>
/// <param name="OpenDecoder">Codes to sound, at the start of a stream.</param>
/// <param name="CheckSound">Refuses, by the name that is given, what is not sound for the codec, with an <see cref="ArgumentException"/>.</param>
/// <param name="CheckCodes">Refuses what are not codes of it.</param>
internal sealed record StreamPlan(
    int Samples,
    int Frames,
    Func<IStreamingLayer> OpenEncoder,
    Func<IStreamingLayer> OpenDecoder,
    Action<Tensor, string> CheckSound,
    Action<Tensor, string> CheckCodes);
