namespace AudioGenTiny.Recipe;

/// <summary>A command of the program.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Usage">Description of the arguments.</param>
/// <param name="Run">Runs the command.</param>
internal sealed record Command(string Name, string Usage, Action<Options, CancellationToken> Run);
