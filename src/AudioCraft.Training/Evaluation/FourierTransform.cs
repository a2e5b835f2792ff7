namespace AudioCraft.Training;

/// <summary>Power spectra of real frames, by the radix-2 transform of Cooley and Tukey (1965).</summary>
internal sealed class FourierTransform
{
    private readonly int[] _reversed;
    private readonly float[] _cos, _sin;

    /// <param name="size">Samples of a frame, a power of two.</param>
    public FourierTransform(int size)
    {
        if (size < 2 || (size & (size - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, $"The size is {size}, but a power of two was expected.");
        }

        Size = size;
        _reversed = new int[size];
        for (var i = 1; i < size; i++)
        {
            _reversed[i] = (_reversed[i >> 1] >> 1) | ((i & 1) * (size >> 1));
        }

        _cos = [.. Enumerable.Range(0, size / 2).Select(i => (float)Math.Cos(2 * Math.PI * i / size))];
        _sin = [.. Enumerable.Range(0, size / 2).Select(i => (float)Math.Sin(2 * Math.PI * i / size))];
    }

    public int Size { get; }

    /// <summary>Squared magnitudes of bins 0 to size/2 of a frame.</summary>
    public void Power(ReadOnlySpan<float> frame, Span<float> power)
    {
        Span<float> re = Size <= 2048 ? stackalloc float[Size] : new float[Size];
        Span<float> im = Size <= 2048 ? stackalloc float[Size] : new float[Size];
        im.Clear();
        for (var i = 0; i < Size; i++)
        {
            re[_reversed[i]] = frame[i];
        }

        for (var half = 1; half < Size; half *= 2)
        {
            var stride = Size / (2 * half);
            for (var start = 0; start < Size; start += 2 * half)
            {
                for (var k = 0; k < half; k++)
                {
                    var (c, s, a, b) = (_cos[k * stride], _sin[k * stride], start + k, start + k + half);
                    var (x, y) = (re[b] * c + im[b] * s, im[b] * c - re[b] * s);
                    (re[b], im[b]) = (re[a] - x, im[a] - y);
                    (re[a], im[a]) = (re[a] + x, im[a] + y);
                }
            }
        }

        for (var i = 0; i <= Size / 2; i++)
        {
            power[i] = re[i] * re[i] + im[i] * im[i];
        }
    }
}
