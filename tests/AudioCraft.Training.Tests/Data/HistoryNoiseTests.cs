namespace AudioCraft.Training.Tests;

public class HistoryNoiseTests
{
    private const int Items = 8, Codebooks = 4, Frames = 500;
    private const long Special = 9999;

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(0.3, 5)]
    public void Last_codebook_is_replaced_at_the_given_share_and_earlier_ones_less(double share, double length)
    {
        var codes = Codes();
        var heard = new HistoryNoise(share, length).Apply(codes, Items, Codebooks, Special, seed: 3);
        var parts = Enumerable.Range(0, Codebooks).Select(k => Enumerable.Range(0, Items).Average(i => Enumerable.Range(0, Frames).Average(t => heard[At(i, k, t)] == codes[At(i, k, t)] ? 0.0 : 1))).ToList();

        // Each codebook is equally often the first one of a replaced range.
        for (var k = 0; k < Codebooks; k++)
        {
            Assert.InRange(parts[k], share * (k + 1) / Codebooks * 0.75, share * (k + 1) / Codebooks * 1.25);
        }

        Assert.All(heard.Select((code, at) => (code, at)), pair => Assert.Equal(pair.at / Frames % Codebooks, pair.code / 100_000));
    }

    [Fact]
    public void Stretches_are_contiguous_codes_of_another_time_or_item()
    {
        var codes = Codes();
        var heard = new HistoryNoise(0.2, 6).Apply(codes, Items, Codebooks, Special, seed: 4);
        var last = Codebooks - 1;
        var (goesOn, replaced) = (0, 0);
        for (var t = 1; t < Frames; t++)
        {
            if (heard[At(0, last, t)] != codes[At(0, last, t)])
            {
                replaced++;
                goesOn += heard[At(0, last, t)] == heard[At(0, last, t - 1)] + 1 ? 1 : 0;
            }
        }

        Assert.InRange(goesOn, replaced * 0.6, replaced * 0.95);
    }

    [Fact]
    public void Same_seed_gives_the_same_noise_and_targets_do_not_change()
    {
        var codes = Codes();
        var noise = new HistoryNoise(0.2);
        Assert.Equal(noise.Apply(codes, Items, Codebooks, Special, 5), noise.Apply(codes, Items, Codebooks, Special, 5));
        Assert.NotEqual(noise.Apply(codes, Items, Codebooks, Special, 5), noise.Apply(codes, Items, Codebooks, Special, 6));
        Assert.Equal(Codes(), codes);
        Assert.Same(codes, new HistoryNoise(0).Apply(codes, Items, Codebooks, Special, 5));
    }

    [Fact]
    public void Padding_neither_is_replaced_nor_replaces_codes()
    {
        var codes = Codes();
        for (var k = 0; k < Codebooks; k++)
        {
            Array.Fill(codes, Special, At(2, k, 300), Frames - 300);
        }

        var heard = new HistoryNoise(0.4).Apply(codes, Items, Codebooks, Special, 7);
        Assert.Equal(codes.Select(code => code == Special), heard.Select(code => code == Special));
    }

    [Fact]
    public void Invalid_share_or_length_is_rejected()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HistoryNoise(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HistoryNoise(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HistoryNoise(0.1, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HistoryNoise(0.1).Apply([], 0, 4, Special, 1));
    }

    private static int At(int item, int codebook, int frame) => (((item * Codebooks) + codebook) * Frames) + frame;

    /// <summary>Each code encodes its codebook, item and frame.</summary>
    private static long[] Codes() =>
        [.. Enumerable.Range(0, Items * Codebooks * Frames).Select(at => (at / Frames % Codebooks * 100_000L) + (at / Frames / Codebooks * 10_000) + (at % Frames))];
}
