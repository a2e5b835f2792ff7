using AudioCraft.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Training.Tests.Discriminators;

/// <summary>Discriminators compared with upstream's results in tests/golden/disc_*.</summary>
public class DiscriminatorGoldenTests
{
    public static TheoryData<string> Cases() => ["disc_mpd", "disc_msd", "disc_msstft", "disc_msstft_stereo"];

    public static TheoryData<string, string> Criteria()
    {
        var rows = new TheoryData<string, string>();
        foreach (var name in Cases())
        {
            foreach (var criterion in new[] { "mse", "hinge", "hinge2" })
            {
                rows.Add(name, criterion);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_feature_maps_and_input_gradients_match_upstream(string name)
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Tensors(name);
        using var model = GoldenDiscriminator.Load(name);
        var x = io.Read("x").requires_grad_();
        var output = model.forward(x);
        Assert.Equal(io.Tensors.Keys.Count(key => key.StartsWith("logits", StringComparison.Ordinal)), output.Logits.Count);
        Assert.Equal(model.NumDiscriminators, output.Logits.Count);
        for (var i = 0; i < output.Logits.Count; i++)
        {
            Near.Equal(io.Read($"logits{i}"), output.Logits[i], 2e-6);
            Assert.Equal(io.Tensors.Keys.Count(key => key.StartsWith($"fmap{i}_", StringComparison.Ordinal)), output.FeatureMaps[i].Count);
            for (var j = 0; j < output.FeatureMaps[i].Count; j++)
            {
                Near.Equal(io.Read($"fmap{i}_{j}"), output.FeatureMaps[i][j], 2e-6);
            }
        }

        stack(output.Logits.Select(logits => logits.square().mean())).sum().backward();
        Near.Equal(io.Read("grad_x_of_sum_mean_logits_sq"), x.grad!, 5e-6);
    }

    [Theory]
    [MemberData(nameof(Criteria))]
    public void Losses_and_updates_of_generator_and_discriminator_match_upstream(string name, string kind)
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Tensors(name);
        using var features = new FeatureMatchingLoss();
        using var model = GoldenDiscriminator.Load(name);
        using var optimizer = optim.SGD(model.parameters(), 0.05);
        var criterion = kind switch { "mse" => AdversarialCriterion.Mse, "hinge" => AdversarialCriterion.Hinge, _ => AdversarialCriterion.Hinge2 };
        var loss = new AdversarialLoss(model, optimizer, criterion, features);
        Tensor fake = io.Read("x").requires_grad_(), real = io.Read("real");
        var prefix = $"adv_{kind}";
        var (adversarial, matching) = loss.forward(fake, real);
        Near.Equal(io.Read($"{prefix}/adv"), adversarial, 2e-6);
        Near.Equal(io.Read($"{prefix}/feat"), matching, 2e-6);
        (adversarial + matching).backward();
        Near.Equal(io.Read($"{prefix}/grad_fake"), fake.grad!, 5e-6);
        Assert.All(model.parameters(), parameter => Assert.True(parameter.requires_grad && parameter.grad is null));
        if (!io.Tensors.ContainsKey($"{prefix}/train_adv_loss"))
        {
            return;
        }

        Near.Equal(io.Read($"{prefix}/train_adv_loss"), loss.TrainAdversary(fake, real), 2e-6);
        var state = model.state_dict();
        var learned = io.Tensors.Keys.Where(key => key.StartsWith($"{prefix}/after_sgd/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(learned);
        foreach (var key in learned)
        {
            Near.Equal(io.Read(key), state[key[$"{prefix}/after_sgd/".Length..]], 2e-6);
        }
    }
}
