namespace AudioCraft.Training;

/// <summary>Some sounds, cut or filled up to one length.</summary>
/// <param name="Codes">[B, K, T]; the special token where a sound has ended.</param>
/// <param name="Texts">What describes each sound, or null.</param>
/// <param name="Frames">T.</param>
internal sealed record CodeBatch(long[] Codes, IReadOnlyList<string?> Texts, int Frames)
{
    /// <summary>[B, K, T]: what the model reads before it predicts the next of <see cref="Codes"/>.</summary>
    public long[] Heard { get; init; } = Codes;

    /// <summary>The items of one part of the batch.</summary>
    public CodeBatch Part(int from, int count)
    {
        var each = Codes.Length / Texts.Count;
        var own = (from * each)..((from + count) * each);
        return new CodeBatch(Codes[own], [.. Texts.Skip(from).Take(count)], Frames) { Heard = Heard[own] };
    }

    /// <summary>Puts a batch together.</summary>
    /// <param name="items">The sounds.</param>
    /// <param name="frames">Frames at most.</param>
    /// <param name="special">The special token.</param>
    /// <param name="start">Where in an item to start, by its place in the batch and how many frames it has too many.</param>
    /// <param name="text">An item's text, by its place in the batch.</param>
    public static CodeBatch Of(IReadOnlyList<CodeItem> items, int frames, long special, Func<int, int, int> start, Func<int, string?> text)
    {
        var count = items[0].NumCodebooks;
        frames = Math.Min(frames, items.Max(item => item.Frames));
        var codes = new long[items.Count * count * frames];
        Array.Fill(codes, special);
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            var own = Math.Min(frames, item.Frames);
            var from = item.Frames > frames ? start(i, item.Frames - frames) : 0;
            for (var k = 0; k < count; k++)
            {
                var source = item.Codes.Span.Slice((k * item.Frames) + from, own);
                var target = ((i * count) + k) * frames;
                for (var t = 0; t < own; t++)
                {
                    codes[target + t] = source[t];
                }
            }
        }

        return new CodeBatch(codes, [.. Enumerable.Range(0, items.Count).Select(text)], frames);
    }
}
