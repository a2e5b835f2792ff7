using System.Text.Json;
using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Conditioning;

[Collection(ProcessWideState.Name)]
public class T5ConditionerTests
{
    private const double Tolerance = 5e-6;

    private static string?[] Texts(string name) => JsonSerializer.Deserialize<string?[]>(File.ReadAllText(Golden.File(name, "cond_texts.json")))!;

    [Theory]
    [InlineData(T5Fixture.Relu)]
    [InlineData(T5Fixture.Gated)]
    public void Tokens_and_masks_with_empty_texts_match_upstream(string name)
    {
        using var scope = NewDisposeScope();
        using var io = Golden.Tensors(name);
        var (encoder, conditioner) = T5Fixture.Conditioner(name);
        using (encoder)
        using (conditioner)
        {
            var (ids, mask) = encoder.Tokenize(Texts(name));
            Exactly.Equal(io.Read("cond/input_ids"), ids);
            Exactly.Equal(io.Read("cond/attention_mask"), mask);
        }
    }

    [Theory]
    [InlineData(T5Fixture.Relu)]
    [InlineData(T5Fixture.Gated)]
    public void Conditions_match_upstream(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var io = Golden.Tensors(name);
        var (encoder, conditioner) = T5Fixture.Conditioner(name);
        using (encoder)
        using (conditioner)
        {
            var (embeds, mask) = conditioner.Encode(Texts(name));
            Near.Equal(io.Read("cond/embeds"), embeds, Tolerance);
            Exactly.Equal(io.Read("cond/mask"), mask);
        }
    }

    [Theory]
    [InlineData(T5Fixture.Relu)]
    [InlineData(T5Fixture.Gated)]
    public void Null_condition_is_one_masked_token_of_zeros(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var io = Golden.Tensors(name);
        var (encoder, conditioner) = T5Fixture.Conditioner(name);
        using (encoder)
        using (conditioner)
        {
            var (embeds, mask) = conditioner.Encode([null, ""]);
            Exactly.Equal(io.Read("cond_null/embeds"), embeds);
            Exactly.Equal(io.Read("cond_null/mask"), mask);
            var (blank, blankMask) = conditioner.Encode([" "]);
            Assert.Equal([1L], blankMask.data<long>().ToArray());
            Assert.True(blank.abs().max().item<float>() > 0);
        }
    }

    [Fact]
    public void Padding_is_zero_and_texts_encode_the_same_alone_and_in_a_batch()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (encoder, conditioner) = T5Fixture.Conditioner(T5Fixture.Relu);
        using (encoder)
        using (conditioner)
        {
            var (alone, _) = conditioner.Encode(["rain"]);
            var (batch, mask) = conditioner.Encode(["rain", "a dog barks in the distance", null]);
            var length = alone.size(1);
            Assert.Equal(length, mask[0].sum().item<long>());
            Near.Equal(alone[0], batch[0].narrow(0, 0, length), Tolerance);
            Assert.Equal(0, batch[0].narrow(0, length, batch.size(1) - length).abs().max().item<float>());
            Assert.Equal(0, batch[2].abs().max().item<float>());
        }
    }

    [Fact]
    public void Encoding_is_deterministic()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (encoder, conditioner) = T5Fixture.Conditioner(T5Fixture.Gated);
        using (encoder)
        using (conditioner)
        {
            Exactly.Equal(conditioner.Encode(["rain", "wind"]).Embeds, conditioner.Encode(["rain", "wind"]).Embeds);
        }
    }

    [Fact]
    public void Module_contains_only_the_projection_and_disposes_the_encoder()
    {
        LiveTensors.NoneLeftOfModules(() =>
        {
            var conditioner = T5Fixture.Conditioner(T5Fixture.Relu).Conditioner;
            Assert.Equal(["output_proj.bias", "output_proj.weight"], conditioner.state_dict().Keys.Order());
            conditioner.Dispose();
        });
    }

    [Fact]
    public void Gradients_reach_only_the_projection()
    {
        using var scope = NewDisposeScope();
        var (encoder, conditioner) = T5Fixture.Conditioner(T5Fixture.Relu);
        using (encoder)
        using (conditioner)
        {
            conditioner.Encode(["rain"]).Embeds.square().sum().backward();
            Assert.All(conditioner.parameters(), p => Assert.True(p.grad is { } g && g.abs().sum().item<float>() > 0));
        }
    }

    [Fact]
    public void Encode_leaks_no_tensors()
    {
        var (encoder, conditioner) = T5Fixture.Conditioner(T5Fixture.Relu);
        using (encoder)
        using (conditioner)
        {
            LiveTensors.Left(2, () =>
            {
                using var guard = no_grad();
                conditioner.Encode(["rain", null]);
            });
        }
    }

    [Fact]
    public void Misuse_throws()
    {
        var (encoder, conditioner) = T5Fixture.Conditioner(T5Fixture.Relu);
        using (encoder)
        using (conditioner)
        {
            Assert.Throws<ArgumentException>(() => conditioner.Encode([]));
            Assert.Throws<ArgumentNullException>(() => conditioner.Encode(null!));
            Assert.Throws<ArgumentOutOfRangeException>(() => new T5Conditioner(encoder, 0));
            Assert.Contains("normalize_text", Assert.Throws<CheckpointException>(() => new T5Conditioner(encoder, 4, normalizeText: true)).Message, StringComparison.Ordinal);
        }
    }
}
