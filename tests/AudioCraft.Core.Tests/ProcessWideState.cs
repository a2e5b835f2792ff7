namespace AudioCraft.Tests;

/// <summary>
/// Test classes that count live tensors, memory, threads or processor time, or that change libtorch's number of threads or the seed of its global
/// generator. They run one after another when all other classes, which run in parallel, have finished.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWideState
{
    public const string Name = "Process-wide state";
}
