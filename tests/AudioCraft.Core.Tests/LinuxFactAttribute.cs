namespace AudioCraft.Tests;

/// <summary>A test that measures <see cref="ResidentMemory"/>. It is reported as skipped on other systems.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "Measures memory with Linux's /proc.";
}

/// <summary>A test with several inputs that measures <see cref="ResidentMemory"/>. It is reported as skipped on other systems.</summary>
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = OperatingSystem.IsLinux() ? null : "Measures memory with Linux's /proc.";
}
