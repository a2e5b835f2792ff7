namespace AudioCraft.Hosting;

/// <summary>Marks a name as used, with the type of its options.</summary>
internal sealed record SoundModelRegistration(Type Options);
