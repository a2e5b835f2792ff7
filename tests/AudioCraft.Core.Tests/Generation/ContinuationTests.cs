using AudioCraft.Generation;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

/// <summary>Continuing recordings that are shorter than, as long as, and longer than the window of 5 s (250 frames of 320 samples) of audiogen-tiny.</summary>
[Collection(ProcessWideState.Name)]
public class ContinuationTests
{
    private const int SampleRate = 16000;
    private const int CrossFade = 480;

    public static TheoryData<double> Seconds { get; } = [0.00007, 0.01, 0.02, 0.5, 2.5, 4.97, 4.98, 4.99, 4.9999, 5.0, 5.0001, 12];

    [Fact]
    public void Codebooks_of_the_codec_set_by_another_caller_do_not_change_a_continuation()
    {
        using var scope = NewDisposeScope();
        using var model = AudioGenTests.Load();
        var prompt = randn([1, 1, 3200], generator: new Generator(4)).mul_(0.1f);
        var parameters = new GenerationParams { Duration = 0.6, Seed = 3 };
        var expected = model.GenerateContinuation(prompt, model.SampleRate, ["rain"], parameters);
        model.CompressionModel.SetNumCodebooks(1);
        Exactly.Equal(expected, model.GenerateContinuation(prompt, model.SampleRate, ["rain"], parameters));
    }

    [Theory]
    [MemberData(nameof(Seconds))]
    public void Result_is_the_whole_recording_and_the_continuation(double seconds)
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        var recording = Tone(seconds);
        var samples = recording.size(1);
        foreach (var duration in seconds is 0.5 or 5.0 or 12 ? new[] { 0.1, 2.01234 } : [0.1])
        {
            var steps = 0;
            var audio = model.ContinueRecording(
                recording, SampleRate, ["rain"], Parameters(duration), new Collector(report => steps = report.TotalSteps));
            Assert.Equal([1, 1, samples + (long)Math.Round(duration * SampleRate)], audio.shape);
            var unchanged = Math.Max(0, samples - CrossFade);
            Exactly.Equal(recording.narrow(1, 0, unchanged), audio[0].narrow(1, 0, unchanged));
            Assert.True(audio.isfinite().all().item<bool>());
            Assert.InRange(steps, 1, 110 + 3);
        }
    }

    [Theory]
    [MemberData(nameof(Seconds))]
    public void Prompt_of_any_length_is_continued_if_the_duration_is_longer(double seconds)
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        var recording = Tone(seconds);
        var duration = Math.Ceiling(seconds) + 1;
        var (audio, tokens) = model.GenerateContinuationWithTokens(recording, SampleRate, ["rain"], Parameters(duration));
        Assert.Equal((duration * 50, duration * SampleRate), (tokens.size(2), audio.size(2)));
        var (codes, _) = model.CompressionModel.Encode(recording.unsqueeze(0));
        Exactly.Equal(codes, tokens.narrow(2, 0, codes.size(2)));
    }

    [Fact]
    public void Prompt_with_as_many_frames_as_the_duration_throws_and_a_longer_duration_helps()
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        var prompt = Tone(4.99);
        var error = Assert.Throws<ArgumentException>(() => model.GenerateContinuation(prompt, SampleRate, null, Parameters(5)));
        Assert.Contains("250 frames", error.Message, StringComparison.Ordinal);
        Assert.Contains("longer duration", error.Message, StringComparison.Ordinal);
        Assert.Equal(251 * 320, model.GenerateContinuation(prompt, SampleRate, null, Parameters(5.021)).size(2));
        Assert.Equal(250 * 320, model.GenerateContinuation(Tone(4.98), SampleRate, null, Parameters(5)).size(2));
    }

    [Fact]
    public void Recording_is_joined_without_a_click()
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        var recording = Tone(3.21);
        var audio = model.ContinueRecording(recording, SampleRate, ["rain"], Parameters(1));
        var jumps = audio[0, 0].diff().abs();
        var seam = jumps.narrow(0, recording.size(1) - CrossFade - 2, CrossFade + 4).max().item<float>();
        var elsewhere = jumps.narrow(0, 0, recording.size(1) - CrossFade).max().item<float>() + jumps.narrow(0, recording.size(1) + 2, SampleRate / 2).max().item<float>();
        Assert.InRange(seam, 0, elsewhere);
    }

    [Theory]
    [InlineData(0.005)]
    [InlineData(1)]
    [InlineData(7)]
    public void Seam_equals_the_recording_if_the_codec_reconstructs_it_exactly(double seconds)
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        foreach (var recording in new[] { Tone(seconds), Tone(seconds).fill_(0.5f) })
        {
            using var continuation = new RecordingContinuation(model, recording.unsqueeze(0).clone(), Parameters(0.5));
            var joined = continuation.Join(cat([continuation.Context(), zeros(1, 1, SampleRate)], 2));
            Near.Equal(recording, joined[0].narrow(1, 0, recording.size(1)), 1e-7);
        }
    }

    [Fact]
    public async Task Batches_and_other_sample_rates_give_exact_lengths_and_leak_no_tensors()
    {
        using var model = Load();
        var results = new List<Tensor>();
        using var stereo = rand([2, 2, 44100 * 6], generator: new Generator(1));
        var task = model.ContinueRecordingAsync(stereo, 44100, ["rain", null], Parameters(0.5));
        (await task).Dispose();
        LiveTensors.Left(1, () => results.Add(model.ContinueRecording(stereo, 44100, ["rain", null], Parameters(0.5))));
        Assert.Equal([2, 1, (6 * SampleRate) + (SampleRate / 2)], results[0].shape);
        results[0].Dispose();
        LiveTensors.NoneLeft(() => Assert.Throws<ArgumentOutOfRangeException>(() => model.ContinueRecording(stereo, 44100, null, Parameters(1e-9))));
        LiveTensors.NoneLeft(() => Assert.Throws<ArgumentException>(() => model.ContinueRecording(stereo, 44100, ["rain"], Parameters(1))));
    }

    [Fact]
    public void Interleaved_stereo_is_continued()
    {
        using var scope = NewDisposeScope();
        using var folder = TinyCheckpoint.Stereo();
        using var model = BaseGenModel.GetPretrained(folder.Path, CPU);
        var recording = rand([2, 5 * SampleRate], generator: new Generator(1)).sub_(0.5f);
        var audio = model.ContinueRecording(recording, SampleRate, null, new GenerationParams { Duration = 0.1, ExtendStride = 1, Seed = 1 });
        Assert.Equal([1, 2, (5 * SampleRate) + 1600], audio.shape);
        Exactly.Equal(recording.narrow(1, 0, 79000), audio[0].narrow(1, 0, 79000));
    }

    [Fact]
    public void Stride_longer_than_the_window_does_not_prevent_a_short_continuation()
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        Assert.Equal(13 * SampleRate, model.ContinueRecording(Tone(12), SampleRate, null, Parameters(1) with { ExtendStride = 6 }).size(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.ContinueRecording(Tone(12), SampleRate, null, Parameters(6) with { ExtendStride = 6 }));
    }

    private static AudioGen Load() => AudioGen.GetPretrained("audiogen-tiny", CPU);

    private static GenerationParams Parameters(double duration) => new() { Duration = duration, Seed = 1 };

    private static Tensor Tone(double seconds) => arange((long)Math.Max(1, seconds * SampleRate), dtype: ScalarType.Float32).mul_(0.2f).sin_().mul_(0.3f).unsqueeze(0);

    private sealed class Collector(Action<GenerationProgress> receive) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => receive(value);
    }
}
