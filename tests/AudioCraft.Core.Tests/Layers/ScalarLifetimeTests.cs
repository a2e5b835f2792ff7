using System.Reflection;
using TorchSharp;

namespace AudioCraft.Tests.Layers;

/// <summary>
/// TorchSharp does not keep a <see cref="Scalar"/> alive during a native call, so that a garbage collection on another thread can free it meanwhile. With two threads that only
/// collect garbage, <c>a + b</c> of two tensors fails within seconds. <see cref="TemporaryScalars"/> reads the instructions instead, which finds every place.
/// </summary>
[Collection(ProcessWideState.Name)]
public class ScalarLifetimeTests
{
    [Fact]
    public void Every_scalar_is_kept_alive_during_the_call()
    {
        TemporaryScalars.AssertNone(typeof(AudioGen).Assembly);
    }

    [Fact]
    public void Models_compute_while_another_thread_collects_garbage()
    {
        torch.random.manual_seed(20261127);
        using var codec = new EncodecModel(new EncodecConfig
        {
            Encoder = new() { Filters = 2, Dimension = 6, Ratios = [4, 2], LstmLayers = 1 }, Quantizer = new() { NumCodebooks = 2, Cardinality = 16, KMeansInit = false },
        });
        using var language = new LMModel(new LMConfig { Dim = 16, NumHeads = 2, NumLayers = 2, NumCodebooks = 2, Cardinality = 16, CrossConditions = [] });
        codec.eval();
        language.eval();
        using var guard = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var audio = torch.randn(1, 1, 400);
        var expected = codec.Decode(codec.Encode(audio).Codes);
        var logits = language.forward(codec.Encode(audio).Codes, default(ConditionTensors));
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                using var step = torch.NewDisposeScope();
                var codes = codec.Encode(audio).Codes;
                Exactly.Equal(expected, codec.Decode(codes));
                Exactly.Equal(logits, language.forward(codes, default(ConditionTensors)));
            }
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }

    [Fact]
    public void Operators_and_temporary_scalars_are_found()
    {
        static string[] Of(string name) => [.. TemporaryScalars.In(typeof(Samples).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!)];

        Assert.NotEmpty(Of(nameof(Samples.AddsTensors)));
        Assert.NotEmpty(Of(nameof(Samples.MultipliesByNumber)));
        Assert.NotEmpty(Of(nameof(Samples.Clamps)));
        Assert.Empty(Of(nameof(Samples.KeepsTheScalar)));
    }

    private static class Samples
    {
        internal static torch.Tensor AddsTensors(torch.Tensor a, torch.Tensor b) => a + b;

        internal static torch.Tensor MultipliesByNumber(torch.Tensor a) => a * 2.0;

        internal static torch.Tensor Clamps(torch.Tensor a) => a.clamp_min(0);

        internal static torch.Tensor KeepsTheScalar(torch.Tensor a, double number)
        {
            using Scalar factor = number;
            return a.mul(factor);
        }
    }
}
