namespace AudioCraft;

/// <summary>How the level of a signal is brought to full scale before it is written (<c>normalize_audio</c> in upstream's data/audio_utils.py).</summary>
public enum AudioNormalization
{
    /// <summary>One gain for the whole signal, such that its largest value is <see cref="AudioWriteOptions.PeakClipHeadroomDb"/> below full scale.</summary>
    Peak,

    /// <summary>No gain: what is above <see cref="AudioWriteOptions.PeakClipHeadroomDb"/> below full scale is cut off.</summary>
    Clip,

    /// <summary>One gain, such that the root mean square of the mono mix is <see cref="AudioWriteOptions.RmsHeadroomDb"/> below full scale; what exceeds full scale is cut off.</summary>
    Rms,

    /// <summary>One gain, such that the loudness (ITU-R BS.1770-4) is −<see cref="AudioWriteOptions.LoudnessHeadroomDb"/> LKFS; what exceeds full scale is cut off.</summary>
    Loudness,

    /// <summary>The samples as they are.</summary>
    None,
}
