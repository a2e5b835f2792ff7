using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Losses;

/// <summary>Against the genuine implementation: tests/golden/losses.</summary>
public class LossGoldenTests
{
    private const string Case = "losses";

    public static TheoryData<string> Names()
    {
        using var json = Golden.Config(Case);
        return [.. json.RootElement.GetProperty("losses").EnumerateArray().Select(loss => loss.GetProperty("name").GetString()!)];
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_losss_value_and_gradient_equal_upstreams(string name)
    {
        using var scope = NewDisposeScope();
        using var json = Golden.Config(Case);
        using var io = Golden.Tensors(Case);
        var entry = json.RootElement.GetProperty("losses").EnumerateArray().Single(loss => loss.GetProperty("name").GetString() == name);
        using var loss = GoldenLoss.Make(entry.GetProperty("cls").GetString()!, entry.GetProperty("kwargs"));
        var inputs = entry.GetProperty("inputs").GetString()!.Split(',');
        var x = io.Read(inputs[0]).requires_grad_();
        var value = loss.forward(x, io.Read(inputs[1]));
        Assert.Empty(value.shape);
        Near.Equal(io.Read($"{name}/loss").reshape([]), value, 2e-6);
        value.backward();
        Near.Equal(io.Read($"{name}/grad_x"), x.grad!, 1e-5);
    }

    [Fact]
    public void A_mel_spectrogram_equals_upstreams()
    {
        using var scope = NewDisposeScope();
        using var json = Golden.Config(Case);
        using var io = Golden.Tensors(Case);
        var kwargs = json.RootElement.GetProperty("melspec");
        using var spectrogram = GoldenLoss.MelSpectrogram(kwargs);
        var x = io.Read("x");
        Near.Equal(io.Read("melspec/out"), spectrogram.forward(x), 1e-6);
        Near.Equal(io.Read("melspec/out_len1000"), spectrogram.forward(x.narrow(2, 0, 1000)), 1e-6);
        Near.Equal(io.Read("melspec/fb"), MelFilterbank.Make(129, 20, 16000, 64, 8000), 1e-7);
        Near.Equal(io.Read("melspec/window"), AnalysisWindows.Make(AnalysisWindow.Hann, 256), 1e-6);
    }

    [Fact]
    public void Loudness_and_its_ratios_equal_upstreams()
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Tensors(Case);
        using var loudness = new DifferentiableLoudness(4000);
        using var ratio = new TFLoudnessRatioLoss(4000, nBands: 4);
        using var overTime = new TLoudnessRatioLoss(4000, overlap: 0);
        Tensor x = io.Read("loud/x"), y = io.Read("loud/y");
        Near.Equal(io.Read("loud/basic_loudness"), loudness.OfBlocks(x), 1e-6);
        Near.Equal(io.Read("loud/tfloudness_ratio_4bands"), ratio.forward(x, y), 1e-6);
        Near.Equal(io.Read("loud/tloudness_ratio_overlap0"), overTime.forward(x, y), 1e-6);
    }
}
