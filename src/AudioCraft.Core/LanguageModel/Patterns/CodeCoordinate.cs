namespace AudioCraft;

/// <summary>One code of a multi-codebook sequence.</summary>
/// <param name="Timestep">Frame of the code, from 0. A pattern's layout may name frames past the end; they stand for padding.</param>
/// <param name="Codebook">Codebook of the code, from 0.</param>
public readonly record struct CodeCoordinate(int Timestep, int Codebook);
