// Native tensors are counted for the process, so tests do not run in parallel.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
