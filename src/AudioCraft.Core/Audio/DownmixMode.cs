namespace AudioCraft;

/// <summary>How several channels are reduced to fewer.</summary>
public enum DownmixMode
{
    /// <summary>
    /// With the coefficients of ITU-R BS.775 (center and surrounds at −3 dB into left and right, no low-frequency effects), scaled so that no sample can exceed the largest one of
    /// the channels. Stereo to mono is the mean, as in upstream.
    /// </summary>
    Standard,

    /// <summary>As upstream's <c>convert_audio_channels</c>: to one channel by the mean of all, otherwise the first channels. Content of the other channels is lost.</summary>
    Upstream,
}
