namespace AudioGenTiny.Recipe;

/// <summary>All kinds, and the properties in which each varies.</summary>
public static class SoundCatalog
{
    private const SoundProperty Pitch = SoundProperty.Pitch, Tempo = SoundProperty.Tempo, Distance = SoundProperty.Distance,
        Length = SoundProperty.Length, Repetition = SoundProperty.Repetition;

    private static readonly SoundProperty[][] _properties = [.. Enum.GetValues<SoundKind>().Select(Of)];

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<SoundKind> Kinds { get; } = Enum.GetValues<SoundKind>();

    /// <summary>The properties in which sounds of a kind differ.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind.</exception>
    public static IReadOnlyList<SoundProperty> Properties(SoundKind kind) => (int)kind >= 0 && (int)kind < _properties.Length
        ? _properties[(int)kind]
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, $"The kind is {(int)kind}, but 0 to {_properties.Length - 1} were expected.");

    /// <summary>The two values of a property.</summary>
    /// <param name="property">One property.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such property.</exception>
    public static (SoundTraits First, SoundTraits Second) Values(SoundProperty property) => property switch
    {
        Pitch => (SoundTraits.High, SoundTraits.Low),
        Tempo => (SoundTraits.Fast, SoundTraits.Slow),
        Distance => (SoundTraits.Near, SoundTraits.Distant),
        Length => (SoundTraits.Prolonged, SoundTraits.Brief),
        Repetition => (SoundTraits.Once, SoundTraits.Repeated),
        _ => throw new ArgumentOutOfRangeException(nameof(property), property, $"The property is {(int)property}, but 0 to {(int)Repetition} were expected."),
    };

    internal static SoundTraits Both(SoundProperty property) => Values(property).First | Values(property).Second;

    private static SoundProperty[] Of(SoundKind kind) => kind switch
    {
        SoundKind.Rain or SoundKind.Frying => [Distance],
        SoundKind.Wind or SoundKind.Engine => [Pitch, Distance],
        SoundKind.Footsteps or SoundKind.Clock or SoundKind.Heartbeat or SoundKind.Typing or SoundKind.Waves or SoundKind.Helicopter => [Tempo, Distance],
        SoundKind.Siren or SoundKind.AlarmClock or SoundKind.Bird or SoundKind.WaterDrip or SoundKind.Crickets => [Pitch, Tempo, Distance],
        SoundKind.Thunder or SoundKind.Explosion or SoundKind.Applause => [Distance, Length],
        SoundKind.Whistle or SoundKind.TrainHorn => [Pitch, Distance, Length],
        SoundKind.Laser => [Pitch, Length, Repetition],
        SoundKind.Glass or SoundKind.CarHorn => [Distance, Repetition],
        SoundKind.Doorbell or SoundKind.Phone or SoundKind.Dog or SoundKind.Coin or SoundKind.ChurchBell or SoundKind.Cat or SoundKind.Owl => [Pitch, Distance, Repetition],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The kind has no properties."),
    };
}
