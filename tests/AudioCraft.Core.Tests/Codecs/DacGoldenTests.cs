using AudioCraft.Codecs;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

public class DacGoldenTests
{
    public static TheoryData<string, string> Forms
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var name in GoldenDac.Cases)
            {
                data.Add(name, "weights");
                data.Add(name, "pth");
                data.Add(name, "hub");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Codes_and_audio_match_the_recorded_ones_for_every_length_and_number_of_codebooks(string name, string form)
    {
        using var folder = new TemporaryFolder();
        using var model = GoldenDac.Load(name, form, folder);
        Assert.False(model.training);
        using var io = Golden.Tensors(name);
        foreach (var run in GoldenDac.Runs(io))
        {
            using var scope = NewDisposeScope();
            var x = io.Read($"{run}/x");
            foreach (var n in GoldenDac.CodebookCounts(io, run))
            {
                model.SetNumCodebooks(n);
                var (codes, scale) = model.Encode(x);
                Assert.Null(scale);
                Exactly.Equal(io.Read($"{run}/n{n}/codes"), codes);
                Near.Equal(io.Read($"{run}/n{n}/decoded_from_codes"), model.Decode(codes), 5e-6);
                Near.Equal(io.Read($"{run}/n{n}/decoded"), model.Decode(codes), 5e-6);
                Near.Equal(io.Read($"{run}/n{n}/from_codes_z"), model.DecodeLatent(codes), 2e-6);
                var latent = model.Encoder.forward(io.Read($"{run}/pre"));
                Near.Equal(io.Read($"{run}/encoder_out"), latent, 5e-6);
                Near.Equal(io.Read($"{run}/n{n}/latents"), model.Quantizer.Project(latent), 5e-6);
                using var quantized = model.Quantizer.forward(latent, model.FrameRate);
                Near.Equal(io.Read($"{run}/n{n}/z"), quantized.X, 2e-6);
                Near.Equal(io.Read($"{run}/n{n}/commitment_loss"), quantized.Metrics![DacResidualVectorQuantizer.CommitmentLoss], 1e-5);
                Near.Equal(io.Read($"{run}/n{n}/codebook_loss"), quantized.Metrics![DacResidualVectorQuantizer.CodebookLoss], 1e-5);
            }

            model.SetNumCodebooks(model.TotalCodebooks);
            using var result = model.forward(x);
            Near.Equal(io.Read($"{run}/forward_audio"), result.X, 5e-6);
        }
    }

    [Theory]
    [InlineData("dac_tiny")]
    [InlineData("dac_tiny_latent")]
    public void Quantized_projections_match_the_recorded_codes_and_latents(string name)
    {
        using var model = GoldenDac.Load(name);
        using var io = Golden.Tensors(name);
        foreach (var run in GoldenDac.Runs(io))
        {
            using var scope = NewDisposeScope();
            var all = model.TotalCodebooks;
            var (entries, codes) = model.Quantizer.QuantizeProjected(io.Read($"{run}/n{all}/latents"));
            Exactly.Equal(io.Read($"{run}/from_latents_codes"), codes);
            Near.Equal(io.Read($"{run}/from_latents_zp"), entries, 1e-6);
            Near.Equal(io.Read($"{run}/n{all}/from_codes_zp"), entries, 1e-6);
            Near.Equal(io.Read($"{run}/from_latents_z"), model.DecodeLatent(codes), 2e-6);
        }
    }

    [Theory]
    [InlineData("dac_tiny")]
    [InlineData("dac_tiny_latent")]
    public void Without_completion_of_the_last_frame_codes_match_audiocrafts_wrapper(string name)
    {
        using var model = GoldenDac.Load(name);
        using var json = Golden.Config(name);
        Assert.Equal(json.RootElement.GetProperty("ac_frame_rate").GetDouble(), model.FrameRate);
        using var io = Golden.Tensors(name);
        var compared = 0;
        foreach (var run in GoldenDac.Runs(io))
        {
            using var scope = NewDisposeScope();
            var x = io.Read($"{run}/x");
            model.SetNumCodebooks(model.TotalCodebooks);
            if (x.size(-1) < model.HopLength)
            {
                // Upstream's convolutions still return a frame, which consists mostly of padding.
                Assert.Throws<ArgumentException>(() => model.EncodeWithoutCompletion(x));
                continue;
            }

            var codes = model.EncodeWithoutCompletion(x);
            Exactly.Equal(io.Read($"{run}/ac/codes"), codes);
            Near.Equal(io.Read($"{run}/ac/latent"), model.DecodeLatent(codes), 2e-6);
            Near.Equal(io.Read($"{run}/ac/decoded"), model.Decode(codes), 5e-6);
            model.SetNumCodebooks(2);
            Exactly.Equal(io.Read($"{run}/ac/n2_codes"), model.EncodeWithoutCompletion(x));
            compared++;
        }

        Assert.True(compared > 0);
    }

    [Theory]
    [InlineData("dac_tiny")]
    [InlineData("dac_tiny_latent")]
    public void Every_layer_of_DAC_matches_the_recorded_activations(string name)
    {
        using var model = GoldenDac.Load(name);
        using var json = Golden.Config(name);
        using var io = Golden.Tensors(name);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var run = $"len{json.RootElement.GetProperty("layers_len").GetInt32()}";
        var current = io.Read($"{run}/pre").narrow(0, 0, 1);
        for (var i = 0; i < ((DacEncoder)model.Encoder).Layers.Count; i++)
        {
            current = ((DacEncoder)model.Encoder).Layers[i].forward(current);
            Near.Equal(io.Read($"layers/encoder.block.{i}"), current, 5e-6);
        }

        current = io.Read($"{run}/n{model.TotalCodebooks}/z").narrow(0, 0, 1);
        for (var i = 0; i < ((DacDecoder)model.Decoder).Layers.Count; i++)
        {
            current = ((DacDecoder)model.Decoder).Layers[i].forward(current);
            Near.Equal(io.Read($"layers/decoder.model.{i}"), current, 5e-6);
        }

        Assert.False(io.Tensors.ContainsKey($"layers/decoder.model.{((DacDecoder)model.Decoder).Layers.Count}"));
    }

    [Theory]
    [InlineData("dac_tiny")]
    [InlineData("dac_tiny_latent")]
    [InlineData("dac_compress")]
    public void Delay_and_lengths_without_padding_match_the_recorded_ones(string name)
    {
        using var model = GoldenDac.Load(name);
        using var json = Golden.Config(name);
        Assert.Equal(json.RootElement.GetProperty("delay").GetInt64(), model.Delay);
        foreach (var length in json.RootElement.GetProperty("output_length").EnumerateObject())
        {
            Assert.Equal(length.Value.GetInt64(), model.LengthWithoutPadding(long.Parse(length.Name, null)));
        }
    }

    [Fact]
    public void Without_padding_codes_and_audio_match_the_recorded_ones()
    {
        using var model = GoldenDac.Load("dac_compress");
        using var io = Golden.Tensors("dac_compress");
        foreach (var run in io.Tensors.Keys.Where(k => k.StartsWith("nopad", StringComparison.Ordinal)).Select(k => k.Split('/')[0]).Distinct())
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            var x = io.Read($"{run}/x");
            var codes = model.EncodeWindow(x, padded: false, model.TotalCodebooks);
            Exactly.Equal(io.Read($"{run}/codes"), codes);
            Near.Equal(io.Read($"{run}/z"), model.DecodeLatent(codes), 2e-6);
            var audio = model.DecodeWindow(codes, padded: false);
            Near.Equal(io.Read($"{run}/decoded"), audio, 5e-6);
            Assert.Equal(model.FramesWithoutPadding(x.size(-1)), codes.size(-1));
            Assert.Equal(model.SamplesWithoutPadding(codes.size(-1)), audio.size(-1));
        }
    }
}
