namespace AudioCraft.Hosting;

/// <summary>That a name is taken, and by a model with which options.</summary>
internal sealed record SoundModelRegistration(Type Options);
