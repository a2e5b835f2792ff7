// Tests count live native tensors, and libtorch uses several threads, so tests do not run in parallel.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
