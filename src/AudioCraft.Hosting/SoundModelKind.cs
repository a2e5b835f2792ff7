namespace AudioCraft.Hosting;

/// <summary>What kind of model generates.</summary>
public enum SoundModelKind
{
    /// <summary>An <see cref="AudioCraft.AudioGen"/>: sounds.</summary>
    AudioGen,

    /// <summary>A <see cref="AudioCraft.MusicGen"/>: music.</summary>
    MusicGen,
}
