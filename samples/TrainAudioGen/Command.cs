namespace TrainAudioGen;

/// <summary>One thing that the program does.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Usage">Its arguments, in words.</param>
/// <param name="Run">Does it.</param>
internal sealed record Command(string Name, string Usage, Action<Options, CancellationToken> Run);
