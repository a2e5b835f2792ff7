using AudioCraft.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Losses;

public class LossTests
{
    public static TheoryData<string> Names() => [.. Losses.Keys];

    private static readonly Dictionary<string, Func<AudioLoss>> Losses = new()
    {
        ["l1"] = () => new L1Loss(),
        ["l2"] = () => new L2Loss(),
        ["mel"] = () => new MelSpectrogramL1Loss(8000, nFft: 64, hopLength: 16, winLength: 64, nMels: 8),
        ["mel, long frames"] = () => new MelSpectrogramL1Loss(8000, nFft: 512, hopLength: 128, winLength: 400, nMels: 8),
        ["multi-scale mel"] = () => new MultiScaleMelSpectrogramLoss(8000, rangeStart: 5, rangeEnd: 8, nMels: 8, fMin: 64),
        ["stft"] = () => new STFTLoss(nFft: 64, hopLength: 16, winLength: 48),
        ["stft, blackman"] = () => new STFTLoss(nFft: 64, hopLength: 16, winLength: 48, window: AnalysisWindow.Blackman),
        ["mr-stft"] = () => new MRSTFTLoss([64, 32], [16, 8], [64, 20], AnalysisWindow.Bartlett),
        ["si-snr"] = () => new SISNRLoss(8000, segment: null),
        ["si-snr in segments"] = () => new SISNRLoss(8000, segment: 0.02, overlap: 0.25),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_match_finite_differences(string name)
    {
        using var scope = NewDisposeScope();
        using var loss = Losses[name]();
        manual_seed(3);
        Tensor y = randn(2, 1, 600, dtype: ScalarType.Float64), x = (y + (randn(2, 1, 600, dtype: ScalarType.Float64) * 0.5)).requires_grad_();
        loss.forward(x, y).backward();
        var direction = randn(2, 1, 600, dtype: ScalarType.Float64);
        using var guard = no_grad();
        const double Step = 1e-6;
        var slope = (loss.forward(x + (direction * Step), y) - loss.forward(x - (direction * Step), y)) / (2 * Step);

        // The losses have kinks, and windows and filters are float32 values converted to float64.
        Assert.Equal((x.grad! * direction).sum().item<double>(), slope.item<double>(), 1e-4 * Math.Abs(slope.item<double>()) + 1e-9);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Equal_audio_has_the_smallest_loss_silence_is_finite_and_no_tensor_leaks(string name)
    {
        using var scope = NewDisposeScope();
        using var loss = Losses[name]();
        Tensor x = randn(2, 2, 600), other = randn(2, 2, 600), silence = zeros(2, 2, 600);
        Assert.True(loss.forward(x, x).item<float>() < loss.forward(other, x).item<float>());
        var quiet = zeros(2, 2, 600).requires_grad_();
        loss.forward(quiet, x).backward();
        Assert.True(quiet.grad!.isfinite().all().item<bool>());
        var alone = zeros(2, 2, 600).requires_grad_();
        var value = loss.forward(alone, silence);
        value.backward();
        Assert.True(float.IsFinite(value.item<float>()) && alone.grad!.isfinite().all().item<bool>());
        LiveTensors.Left(1, () => loss.forward(x, other));
    }

    [Fact]
    public void Loudness_ratios_have_gradients_stay_finite_in_silence_and_fall_with_the_difference()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        foreach (var loss in new AudioLoss[] { new TLoudnessRatioLoss(4000), new TFLoudnessRatioLoss(4000, nBands: 3) })
        {
            Tensor y = randn(1, 1, 5000) * 0.1, noise = randn(1, 1, 5000) * 0.01;
            var x = (y + noise).requires_grad_();
            var value = loss.forward(x, y);
            value.backward();
            Assert.True(loss.forward(y + (noise * 3.0), y).item<float>() > value.item<float>());
            Assert.True((x.grad! * noise).sum().item<float>() > 0);
            var quiet = zeros(1, 1, 5000).requires_grad_();
            loss.forward(quiet, zeros(1, 1, 5000)).backward();
            Assert.True(quiet.grad!.isfinite().all().item<bool>());
            LiveTensors.Left(1, () => loss.forward(x, y));
            loss.Dispose();
        }
    }

    [Fact]
    public void SISNR_of_the_whole_audio_equals_the_textbook_formula()
    {
        using var scope = NewDisposeScope();
        using var loss = new SISNRLoss(16000, segment: null);
        manual_seed(5);
        Tensor reference = randn(1, 1, 8000), noise = randn(1, 1, 8000);
        noise -= noise.mean();
        reference -= reference.mean();
        noise -= (noise * reference).sum() / reference.square().sum() * reference;
        noise *= (reference.square().sum() / noise.square().sum() / 100).sqrt();

        // A noise energy of 1/100 is 20 dB at any volume.
        Assert.Equal(-20, loss.forward((reference + noise) * 3.0, reference).item<float>(), 1e-2);
    }

    [Fact]
    public void Invalid_input_of_a_loss_is_rejected_by_name()
    {
        using var scope = NewDisposeScope();
        using var mel = new MelSpectrogramL1Loss(16000);
        Assert.Contains("[1, 1, 900]", Assert.Throws<ArgumentException>(() => mel.forward(zeros(1, 1, 800), zeros(1, 1, 900))).Message, StringComparison.Ordinal);
        Assert.Contains("385", Assert.Throws<ArgumentException>(() => mel.forward(zeros(1, 1, 384), zeros(1, 1, 384))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => mel.forward(zeros(1, 900), zeros(1, 900)));
        Assert.Throws<ArgumentException>(() => mel.forward(zeros(1, 1, 900), zeros(1, 1, 900, dtype: ScalarType.Float64)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MelSpectrogram(fMin: 9000, fMax: 8000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MelSpectrogram(nFft: 256, winLength: 512));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MultiScaleMelSpectrogramLoss(16000, 11, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SISNRLoss(overlap: 1));
        Assert.Throws<ArgumentException>(() => new MRSTFTLoss([64], [16, 8]));
    }
}
