namespace AudioCraft.NAudio.Tests;

/// <summary>A test that plays to ALSA's device "null", which always exists and plays nothing. It is reported as skipped where libasound is not installed.</summary>
public sealed class AlsaFactAttribute : FactAttribute
{
    public AlsaFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibraries.HasAlsa)
        {
            Skip = "Requires libasound.";
        }
    }
}
