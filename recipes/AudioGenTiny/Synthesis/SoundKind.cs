namespace AudioGenTiny.Recipe;

/// <summary>The kinds of sounds of the synthesizer.</summary>
public enum SoundKind
{
    /// <summary>Two struck tones, the second lower.</summary>
    Doorbell,

    /// <summary>A tone that rises and falls.</summary>
    Siren,

    /// <summary>Steady noise with drops in it.</summary>
    Rain,

    /// <summary>Noise in a narrow band that wanders.</summary>
    Wind,

    /// <summary>Dull steps, one after the other.</summary>
    Footsteps,

    /// <summary>A motor that idles.</summary>
    Engine,

    /// <summary>Two tones in quick alternation, in rings of a second.</summary>
    Phone,

    /// <summary>An even row of beeps.</summary>
    AlarmClock,

    /// <summary>Chirps.</summary>
    Bird,

    /// <summary>Barks.</summary>
    Dog,

    /// <summary>A rumble that rolls and dies away.</summary>
    Thunder,

    /// <summary>Tick and tock.</summary>
    Clock,

    /// <summary>Drops that fall into water.</summary>
    WaterDrip,

    /// <summary>A tone that falls steeply.</summary>
    Laser,

    /// <summary>Two square-wave notes upwards, as in a game.</summary>
    Coin,

    /// <summary>A boom and its debris.</summary>
    Explosion,

    /// <summary>Many hands clapping.</summary>
    Applause,

    /// <summary>Strokes of a large bell.</summary>
    ChurchBell,

    /// <summary>A referee's whistle.</summary>
    Whistle,

    /// <summary>Lub-dub.</summary>
    Heartbeat,

    /// <summary>Keys of a keyboard.</summary>
    Typing,

    /// <summary>Hiss and pops of a pan.</summary>
    Frying,

    /// <summary>Trills of a summer night.</summary>
    Crickets,

    /// <summary>Surf that comes and goes.</summary>
    Waves,

    /// <summary>Rotor blades that chop the air.</summary>
    Helicopter,

    /// <summary>A pane that breaks.</summary>
    Glass,

    /// <summary>A chord of low horns.</summary>
    TrainHorn,

    /// <summary>Honks of two reeds.</summary>
    CarHorn,

    /// <summary>Meows.</summary>
    Cat,

    /// <summary>Hoots.</summary>
    Owl,
}
