using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.LanguageModel;

public class CodebookCrossEntropyTests
{
    [Fact]
    public void Training_loss_and_gradients_match_upstream()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenLM.Load("lm_train_step");
        using var io = Golden.Tensors("lm_train_step");
        model.train();
        var codes = io.Read("codes");
        var (logits, mask) = model.ComputePredictions(codes, GoldenLM.Conditions(io, "cond/"));
        Near.Equal(io.Read("logits"), logits, 5e-6);
        Exactly.Equal(io.Read("mask"), mask);
        var (mean, each) = CodebookCrossEntropy.Compute(logits, codes, mask.logical_and(io.Read("padding_mask")));
        Near.Equal(io.Read("ce"), mean, 1e-6);
        Near.Equal(io.Read("ce_per_codebook"), each, 1e-6);
        mean.backward();
        var compared = 0;
        foreach (var (name, parameter) in model.named_parameters())
        {
            // The sums have few terms of similar size, so the error is float32 noise, far below the gradients of 1e-3.
            Near.Equal(io.Read($"grad/{name}"), parameter.grad!, 1e-5);
            compared++;
        }

        Assert.Equal(io.Tensors.Keys.Count(key => key.StartsWith("grad/", StringComparison.Ordinal)), compared);
    }

    [Fact]
    public void Masked_codebook_has_zero_loss_and_no_NaN_gradients()
    {
        using var scope = NewDisposeScope();
        var values = full([1, 2, 3, 4], double.NaN);
        values.narrow(1, 0, 1).fill_(0);
        var logits = values.requires_grad_();
        var mask = tensor([true, true, false, false, false, false], [1, 2, 3]);
        var (mean, each) = CodebookCrossEntropy.Compute(logits, zeros(1, 2, 3, dtype: ScalarType.Int64), mask);
        Near.Equal(tensor([MathF.Log(4), 0f]), each, 1e-6);
        mean.backward();
        Assert.Equal(0, logits.grad!.isnan().sum().item<long>());
    }

    [Fact]
    public void Mismatched_shapes_throw_with_the_shapes()
    {
        using var scope = NewDisposeScope();
        var codes = zeros(1, 2, 3, dtype: ScalarType.Int64);
        var message = Assert.Throws<ArgumentException>(() => CodebookCrossEntropy.Compute(zeros(1, 2, 4, 5), codes, ones(1, 2, 3, dtype: ScalarType.Bool))).Message;
        Assert.Contains("[1, 2, 4, 5]", message, StringComparison.Ordinal);
    }
}
