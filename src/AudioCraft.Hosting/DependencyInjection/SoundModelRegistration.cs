namespace AudioCraft.Hosting;

/// <summary>A name of a model, with the type of its options.</summary>
internal sealed record SoundModelRegistration(string Name, Type Options);
