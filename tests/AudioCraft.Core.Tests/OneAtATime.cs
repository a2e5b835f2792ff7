// Tests count live native tensors, and libtorch threads by itself: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
