using AudioCraft.Tests;

namespace AudioCraft.Training.Tests.Evaluation;

public sealed class CodecEvaluationTests
{
    [Fact]
    public void Every_number_of_codebooks_is_measured_and_the_setting_is_restored()
    {
        using var codec = Codec();
        codec.SetNumCodebooks(2);
        float[][] sounds = [.. TestSounds.Create(1, 1, 16000, 1), .. TestSounds.Create(2, 1, 16000, 0.75)];
        IReadOnlyList<CodecFigure> figures = [];
        LiveTensors.NoneLeft(() => figures = CodecEvaluation.Measure(codec, "test", sounds));
        Assert.Equal([1, 2, 3], figures.Select(f => f.Codebooks));
        Assert.Equal([0.25, 0.5, 0.75], figures.Select(f => f.KilobitsPerSecond));
        Assert.All(figures, f => Assert.True(double.IsFinite(f.SiSnr) && f.MelDistance > 0));
        Assert.Equal(2, codec.NumCodebooks);
        Assert.Equal(5, CodecEvaluation.ToMarkdown(figures).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void Round_trip_keeps_the_length()
    {
        using var codec = Codec();
        Assert.Equal(12345, CodecEvaluation.RoundTrip(codec, new float[12345]).Length);
    }

    [Fact]
    public void Short_and_missing_audio_is_rejected()
    {
        using var codec = Codec();
        Assert.Throws<ArgumentException>(() => CodecEvaluation.Measure(codec, "test", []));
        Assert.Throws<ArgumentException>(() => CodecEvaluation.Measure(codec, "test", [new float[100]]));
        Assert.Throws<ArgumentException>(() => CodecEvaluation.RoundTrip(codec, []));
    }

    private static EncodecModel Codec()
    {
        var config = new EncodecConfig
        {
            SampleRate = 16000,
            Encoder = new() { Dimension = 16, Filters = 2 },
            Quantizer = new() { NumCodebooks = 3, Cardinality = 32, KMeansInit = false },
        };
        var codec = new EncodecModel(config);
        codec.eval();
        return codec;
    }
}
