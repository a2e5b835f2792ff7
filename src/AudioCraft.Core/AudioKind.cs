namespace AudioCraft;

/// <summary>A kind of audio that a model was trained on.</summary>
/// <param name="Name">The name, for example "dog barking". It is also a description that the model was trained on.</param>
/// <param name="Terms">The terms that match the kind besides its name, for example "dog" and "barking".</param>
public sealed record AudioKind(string Name, IReadOnlyList<string> Terms);
