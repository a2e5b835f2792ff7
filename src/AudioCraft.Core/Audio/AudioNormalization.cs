namespace AudioCraft;

/// <summary>How the level of a signal is normalized before it is written (<c>normalize_audio</c> in upstream's data/audio_utils.py).</summary>
public enum AudioNormalization
{
    /// <summary>One gain for the whole signal, such that its largest value is <see cref="AudioWriteOptions.PeakClipHeadroomDb"/> below full scale.</summary>
    Peak,

    /// <summary>No gain: samples above <see cref="AudioWriteOptions.PeakClipHeadroomDb"/> below full scale are clipped.</summary>
    Clip,

    /// <summary>One gain, such that the root mean square of the mono mix is <see cref="AudioWriteOptions.RmsHeadroomDb"/> below full scale; samples beyond full scale are clipped.</summary>
    Rms,

    /// <summary>One gain, such that the loudness (ITU-R BS.1770-4) is −<see cref="AudioWriteOptions.LoudnessHeadroomDb"/> LKFS; samples beyond full scale are clipped.</summary>
    Loudness,

    /// <summary>The samples are unchanged.</summary>
    None,
}
