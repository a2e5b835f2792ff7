namespace AudioCraft.LanguageModel;

/// <summary>Watches sequences being generated and hands on their frames in order, each as soon as all its codes are there.</summary>
internal sealed class FrameFeed
{
    private readonly int[,] cells;
    private readonly int steps;
    private readonly int[] knownAt;
    private readonly Action<long[,]> receive;
    private int next;

    /// <param name="pattern">How codes are laid out.</param>
    /// <param name="from">The first frame to hand on; those before are a prompt's.</param>
    /// <param name="receive">Gets the codes of each frame [items, codebooks].</param>
    public FrameFeed(CodebookPattern pattern, int from, Action<long[,]> receive)
    {
        steps = pattern.Layout.Count;
        cells = pattern.RevertedIndexes(steps);
        this.receive = receive;
        next = from;
        knownAt = [.. Enumerable.Range(0, pattern.Timesteps).Select(t => Enumerable.Range(0, pattern.NumCodebooks).Max(k => StepOf(k, t)))];
    }

    /// <summary>Says that the steps up to and with <paramref name="step"/> are known.</summary>
    public void Known(long[][,] sequences, int step)
    {
        for (; next < knownAt.Length && knownAt[next] <= step; next++)
        {
            var codes = new long[sequences.Length, cells.GetLength(0)];
            for (var item = 0; item < sequences.Length; item++)
            {
                for (var k = 0; k < codes.GetLength(1); k++)
                {
                    codes[item, k] = sequences[item][k, StepOf(k, next)];
                }
            }

            receive(codes);
        }
    }

    private int StepOf(int codebook, int frame) => cells[codebook, frame] - (codebook * steps);
}
