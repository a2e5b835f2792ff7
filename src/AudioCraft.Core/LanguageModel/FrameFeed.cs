namespace AudioCraft.LanguageModel;

/// <summary>Watches a sequence being generated and hands on the frames of its first item in order, each as soon as all its codes are there.</summary>
internal sealed class FrameFeed
{
    private readonly int[,] cells;
    private readonly int steps;
    private readonly int[] knownAt;
    private readonly Action<long[]> receive;
    private int next;

    /// <param name="pattern">How codes are laid out.</param>
    /// <param name="from">The first frame to hand on; those before are a prompt's.</param>
    /// <param name="receive">Gets the codes of each frame, one a codebook.</param>
    public FrameFeed(CodebookPattern pattern, int from, Action<long[]> receive)
    {
        steps = pattern.Layout.Count;
        cells = pattern.RevertedIndexes(steps);
        this.receive = receive;
        next = from;
        knownAt = [.. Enumerable.Range(0, pattern.Timesteps).Select(t => Enumerable.Range(0, pattern.NumCodebooks).Max(k => StepOf(k, t)))];
    }

    /// <summary>Says that the steps up to and with <paramref name="step"/> are known.</summary>
    public void Known(long[,] sequence, int step)
    {
        for (; next < knownAt.Length && knownAt[next] <= step; next++)
        {
            var codes = new long[cells.GetLength(0)];
            for (var k = 0; k < codes.Length; k++)
            {
                codes[k] = sequence[k, StepOf(k, next)];
            }

            receive(codes);
        }
    }

    private int StepOf(int codebook, int frame) => cells[codebook, frame] - (codebook * steps);
}
