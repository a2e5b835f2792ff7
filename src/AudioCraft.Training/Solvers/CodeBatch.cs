namespace AudioCraft.Training;

/// <summary>Items cut or padded to one length.</summary>
/// <param name="Codes">[B, K, T]; padded with the special token.</param>
/// <param name="Texts">Description of each item, or null.</param>
/// <param name="Frames">T.</param>
internal sealed record CodeBatch(long[] Codes, IReadOnlyList<string?> Texts, int Frames)
{
    /// <summary>Input of the model, [B, K, T]; the targets are <see cref="Codes"/>.</summary>
    public long[] Inputs { get; init; } = Codes;

    /// <summary>The items of one part of the batch.</summary>
    public CodeBatch Part(int from, int count)
    {
        var each = Codes.Length / Texts.Count;
        var own = (from * each)..((from + count) * each);
        return new CodeBatch(Codes[own], [.. Texts.Skip(from).Take(count)], Frames) { Inputs = Inputs[own] };
    }

    /// <summary>Creates a batch.</summary>
    /// <param name="items">The items.</param>
    /// <param name="frames">Maximum number of frames.</param>
    /// <param name="special">The special token.</param>
    /// <param name="start">First frame of an item, by its index in the batch and the number of surplus frames.</param>
    /// <param name="text">Description of an item, by its index in the batch.</param>
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
