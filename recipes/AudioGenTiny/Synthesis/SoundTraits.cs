namespace AudioGenTiny.Recipe;

/// <summary>A property in which sounds of one kind differ and that a description can name.</summary>
public enum SoundProperty
{
    /// <summary>High or low.</summary>
    Pitch,

    /// <summary>Fast or slow.</summary>
    Tempo,

    /// <summary>Near or distant.</summary>
    Distance,

    /// <summary>Long or short.</summary>
    Length,

    /// <summary>Once or repeated.</summary>
    Repetition,
}

/// <summary>Named values of properties. A sound has at most one of the two values of a property, and none if the description leaves the property open.</summary>
[Flags]
public enum SoundTraits
{
    /// <summary>All properties are open.</summary>
    None = 0,

    /// <summary>High pitch.</summary>
    High = 1,

    /// <summary>Low pitch.</summary>
    Low = 2,

    /// <summary>Fast tempo.</summary>
    Fast = 4,

    /// <summary>Slow tempo.</summary>
    Slow = 8,

    /// <summary>Near: loud, bright and dry.</summary>
    Near = 16,

    /// <summary>Distant: quiet, dull and with an echo.</summary>
    Distant = 32,

    /// <summary>Of long duration.</summary>
    Prolonged = 64,

    /// <summary>Of short duration.</summary>
    Brief = 128,

    /// <summary>One time.</summary>
    Once = 256,

    /// <summary>Several times.</summary>
    Repeated = 512,
}
