namespace AudioGenTiny.Recipe;

/// <summary>The vocabulary of descriptions. A bar marks the position of adjectives; "a" becomes "an" if the next word needs it.</summary>
internal static class SoundWords
{
    /// <summary>Names of a kind, the plainest first.</summary>
    public static IReadOnlyList<string> Names(SoundKind kind) => kind switch
    {
        SoundKind.Doorbell => ["a |doorbell", "a |doorbell ringing", "a |doorbell chime", "the chime of a |doorbell", "someone ringing a |doorbell"],
        SoundKind.Siren => ["a |siren", "a |siren wailing", "a |police siren", "the wail of a |siren", "a |siren going up and down"],
        SoundKind.Rain => ["|rain", "|rain falling", "|rain on a roof", "the sound of |falling rain", "|heavy rain", "|rain pouring down", "a |rain shower"],
        SoundKind.Wind => ["|wind", "|wind blowing", "|howling wind", "the |wind howling", "a |blowing wind"],
        SoundKind.Footsteps => ["|footsteps", "someone walking with |footsteps", "|footsteps on a floor", "|steps of someone walking", "|walking footsteps"],
        SoundKind.Engine => ["an |engine", "an |engine running", "a |motor", "a |car engine idling", "the hum of an |engine", "a |motor running"],
        SoundKind.Phone => ["a |phone ringing", "a |telephone ringing", "a |phone", "the ring of a |telephone", "a |ringing phone"],
        SoundKind.AlarmClock => ["an |alarm clock", "an |alarm clock beeping", "a |beeping alarm", "the beeping of an |alarm clock", "an |alarm beeping"],
        SoundKind.Bird => ["a |bird", "a |bird chirping", "a |bird singing", "the song of a |bird", "|bird chirps"],
        SoundKind.Dog => ["a |dog barking", "a |dog", "a |dog bark", "the bark of a |dog", "a |barking dog"],
        SoundKind.Thunder => ["|thunder", "|thunder rumbling", "a |thunder clap", "the rumble of |thunder", "|rolling thunder"],
        SoundKind.Clock => ["a |clock ticking", "a |ticking clock", "the ticking of a |clock", "a |clock", "|clock ticks"],
        SoundKind.WaterDrip => ["|water dripping", "|dripping water", "|drops of water", "a |dripping faucet", "a |faucet dripping", "|water drops falling"],
        SoundKind.Laser => ["a |laser", "a |laser gun", "a |laser shot", "a |laser gun firing", "the shot of a |laser gun"],
        SoundKind.Coin => ["a |coin", "a |coin in a video game", "a |video game coin", "collecting a |coin", "a |game coin sound"],
        SoundKind.Explosion => ["an |explosion", "a |bomb exploding", "a |bomb", "the boom of an |explosion", "an |exploding bomb"],
        SoundKind.Applause => ["|applause", "an |audience clapping", "a |crowd clapping", "the |applause of a crowd", "|clapping hands", "|people clapping"],
        SoundKind.ChurchBell => ["a |church bell", "a |church bell ringing", "a |bell tolling", "the toll of a |church bell", "a |large bell ringing"],
        SoundKind.Whistle => ["a |whistle", "a |referee whistle", "a |whistle blowing", "a referee blowing a |whistle", "the blow of a |whistle"],
        SoundKind.Heartbeat => ["a |heartbeat", "a |heart beating", "a |beating heart", "the beat of a |heart", "|heart beats"],
        SoundKind.Typing => ["|typing", "|typing on a keyboard", "|keyboard typing", "someone |typing on a computer", "a |keyboard clicking"],
        SoundKind.Frying => ["|frying", "|food frying in a pan", "a |frying pan", "|sizzling food", "a |pan sizzling", "|oil sizzling in a pan"],
        SoundKind.Crickets => ["|crickets", "|crickets chirping", "|chirping crickets", "|crickets at night", "the chirping of |crickets"],
        SoundKind.Waves => ["|waves", "|ocean waves", "|waves on a beach", "|waves of the sea", "the sea with |waves", "|waves crashing on a beach"],
        SoundKind.Helicopter => ["a |helicopter", "a |helicopter flying", "a |flying helicopter", "the rotor of a |helicopter", "|helicopter blades"],
        SoundKind.Glass => ["|glass breaking", "|breaking glass", "a |glass shattering", "|shattering glass", "a |window breaking"],
        SoundKind.TrainHorn => ["a |train horn", "a |train horn blowing", "the horn of a |train", "a |train blowing its horn", "a |train"],
        SoundKind.CarHorn => ["a |car horn", "a |car honking", "a |honking car", "the honk of a |car", "a |car horn honking"],
        SoundKind.Cat => ["a |cat", "a |cat meowing", "a |meowing cat", "the meow of a |cat", "a |cat meow"],
        SoundKind.Owl => ["an |owl", "an |owl hooting", "a |hooting owl", "the hoot of an |owl", "an |owl at night"],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The kind has no name."),
    };

    /// <summary>Words that go before a noun.</summary>
    public static IReadOnlyList<string> Before(SoundTraits value) => value switch
    {
        SoundTraits.High => ["high", "high-pitched"],
        SoundTraits.Low => ["low", "low-pitched", "deep"],
        SoundTraits.Fast => ["fast", "quick", "rapid"],
        SoundTraits.Slow => ["slow"],
        SoundTraits.Near => ["near", "nearby", "close"],
        SoundTraits.Distant => ["distant", "faraway"],
        SoundTraits.Prolonged => ["long"],
        SoundTraits.Brief => ["short", "brief"],
        SoundTraits.Once => ["single"],
        SoundTraits.Repeated => ["repeated"],
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Not a single value of a property."),
    };

    /// <summary>Words that go after a noun or a comma.</summary>
    public static IReadOnlyList<string> After(SoundTraits value) => value switch
    {
        SoundTraits.High => ["high", "high-pitched", "at a high pitch"],
        SoundTraits.Low => ["low", "low-pitched", "deep", "at a low pitch"],
        SoundTraits.Fast => ["fast", "quick", "rapid", "at a fast pace"],
        SoundTraits.Slow => ["slow", "slowly", "at a slow pace"],
        SoundTraits.Near => ["near", "nearby", "close", "close by"],
        SoundTraits.Distant => ["distant", "far away", "in the distance"],
        SoundTraits.Prolonged => ["long", "for a long time"],
        SoundTraits.Brief => ["short", "brief", "for a short time"],
        SoundTraits.Once => ["once", "one time", "only once"],
        SoundTraits.Repeated => ["repeated", "repeatedly", "again and again", "several times"],
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Not a single value of a property."),
    };
}
