using System.Text.Json;
using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.Tests.Checkpoints;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>EnCodec from directories in Hugging Face's layout, converted from the golden cases.</summary>
public class HuggingFaceEncodecTests
{
    private const string Mono = "encodec_causal_24k_tiny";
    private const string Stereo = "encodec_noncausal_stereo_renorm_tgn";

    [Theory]
    [InlineData(Mono, false)]
    [InlineData(Mono, true)]
    [InlineData("encodec_noncausal_16k_audiogen_tiny", false)]
    [InlineData("encodec_noncausal_32k_tiny", true)]
    [InlineData("encodec_noncausal_renorm_wn", false)]
    [InlineData(Stereo, false)]
    public void HuggingFace_directory_matches_the_recorded_codes_in_both_spellings_of_weight_norm(string name, bool newSpelling)
    {
        using var folder = new TemporaryFolder();
        HuggingFaceEncodec.Write(folder, name, newSpelling: newSpelling);
        using var model = (EncodecModel)CompressionModel.GetPretrained(folder.Path, CPU);
        Assert.False(model.training);
        EncodecGoldenTests.CheckRuns(model, name);
    }

    [Theory]
    [InlineData("encodec_noncausal_32k_tiny", "pad_reflect")]
    [InlineData(Mono, "pad_constant")]
    [InlineData(Mono, "trim_right_0.5")]
    public void Other_values_in_the_configuration_match_the_recorded_output(string name, string variant)
    {
        using var folder = new TemporaryFolder();
        HuggingFaceEncodec.Write(folder, name, variant);
        using var model = (EncodecModel)CompressionModel.GetPretrained(folder.Path, CPU);
        EncodecGoldenTests.CheckVariant(model, name, variant);
    }

    // Hugging Face's configuration does not support activations other than ELU or a final activation.
    [Theory]
    [InlineData("encodec_noncausal_norm_none_lstm0", null)]
    [InlineData(Mono, "tanh")]
    public void Weights_in_the_HuggingFace_layout_fit_an_audiocraft_configuration(string name, string? variant)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.safetensors");
        HuggingFaceEncodec.WriteWeights(path, name);
        using var json = Golden.Config(name);
        using var weights = SafetensorsFile.Open(path);
        using var model = EncodecLoader.Load(
            GoldenEncodec.ConfigOf(json.RootElement, variant), weights, CPU, new WeightLoadOptions { Rename = HuggingFaceEncodecNames.Of });
        if (variant is null)
        {
            EncodecGoldenTests.CheckRuns(model, name);
        }
        else
        {
            EncodecGoldenTests.CheckVariant(model, name, variant);
        }
    }

    [Fact]
    public void Released_configurations_are_read_correctly()
    {
        var k24 = Read("""{"model_type": "encodec"}""", 32);
        Assert.Equal((24000, 1, true, false, 75, 320, 128), (k24.SampleRate, k24.Channels, k24.Causal, k24.Renormalize, k24.FrameRate, k24.Encoder.HopLength, k24.Encoder.Dimension));
        Assert.Equal((ConvNorm.WeightNorm, ConvPaddingMode.Reflect, false, 2), (k24.Encoder.Norm, k24.Encoder.PaddingMode, k24.Encoder.TrueSkip, k24.Encoder.LstmLayers));
        Assert.Equal((32, 1024), (k24.Quantizer.NumCodebooks, k24.Quantizer.Cardinality));
        Assert.Equal([1.5, 3, 6, 12, 24], k24.Bandwidths);
        Assert.Null(k24.SegmentLength);

        var k48 = Read(
            """
            {"model_type": "encodec", "audio_channels": 2, "chunk_length_s": 1.0, "normalize": true, "norm_type": "time_group_norm", "overlap": 0.01,
             "sampling_rate": 48000, "target_bandwidths": [3.0, 6.0, 12.0, 24.0], "use_causal_conv": false}
            """,
            16);
        Assert.Equal((48000, 2, false, true, 150, ConvNorm.TimeGroupNorm), (k48.SampleRate, k48.Channels, k48.Causal, k48.Renormalize, k48.FrameRate, k48.Encoder.Norm));
        Assert.Equal((48000, 47520), (k48.SegmentLength, k48.SegmentStride));

        var k32 = Read(
            """
            {"model_type": "encodec", "codebook_size": 2048, "num_filters": 64, "sampling_rate": 32000, "target_bandwidths": [2.2], "upsampling_ratios": [8, 5, 4, 4],
             "use_causal_conv": false, "use_conv_shortcut": false}
            """,
            4);
        Assert.Equal((50, 640, true, 64), (k32.FrameRate, k32.Encoder.HopLength, k32.Encoder.TrueSkip, k32.Encoder.Filters));
    }

    [Theory]
    [InlineData("\"num_filters\": 3.5", "num_filters")]
    [InlineData("\"num_filters\": -1", "Filters")]
    [InlineData("\"num_filters\": 1e400", "num_filters")]
    [InlineData("\"normalize\": 1", "normalize")]
    [InlineData("\"norm_type\": \"layer_norm\"", "norm_type")]
    [InlineData("\"pad_mode\": \"replicate\"", "pad_mode")]
    [InlineData("\"pad_mode\": [\"reflect\"]", "pad_mode")]
    [InlineData("\"pad_mode\": \"\\ud800\"", "config.json")]
    [InlineData("\"codebook_dim\": 64", "codebook_dim")]
    [InlineData("\"upsampling_ratios\": [8, 2.5]", "upsampling_ratios")]
    [InlineData("\"upsampling_ratios\": []", "Ratios")]
    [InlineData("\"upsampling_ratios\": [0]", "Ratios")]
    [InlineData("\"upsampling_ratios\": [1024, 1024, 1024, 1024]", "Ratios")]
    [InlineData("\"upsampling_ratios\": 8", "upsampling_ratios")]
    [InlineData("\"sampling_rate\": 0", "SampleRate")]
    [InlineData("\"chunk_length_s\": 0", "SegmentSeconds")]
    [InlineData("\"overlap\": 1", "SegmentOverlap")]
    [InlineData("\"target_bandwidths\": [\"6\"]", "target_bandwidths")]
    [InlineData("\"normalize\": true", "causal")]
    [InlineData("\"codebook_size\": 0", "Cardinality")]
    public void Invalid_value_is_named(string value, string said)
    {
        var message = Assert.Throws<CheckpointException>(() => Read($$"""{"model_type": "encodec", {{value}}}""", 2)).Message;
        Assert.Contains(said, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_larger_than_the_file_is_rejected_before_allocation()
    {
        using var folder = new TemporaryFolder();
        HuggingFaceEncodec.Write(folder, Mono);
        folder.Write("config.json", """{"model_type": "encodec", "num_filters": 16384, "codebook_size": 1048576}"""u8);
        Assert.Contains("weights", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_weights_are_named_as_in_the_file()
    {
        using var folder = new TemporaryFolder();
        HuggingFaceEncodec.Write(folder, Mono);
        using (var whole = SafetensorsFile.Open(folder.File("model.safetensors")))
        using (NewDisposeScope())
        {
            SafetensorsWriter.Write(
                folder.File("less.safetensors"),
                whole.Tensors.Keys.Where(k => k != "decoder.layers.3.conv.bias" && k != "quantizer.layers.1.codebook.embed_avg").ToDictionary(k => k, whole.Read));
        }

        File.Move(folder.File("less.safetensors"), folder.File("model.safetensors"), overwrite: true);
        var message = Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.Path)).Message;
        Assert.Contains("decoder.layers.3.conv.bias", message, StringComparison.Ordinal);
        Assert.Contains("quantizer.layers.1.codebook.embed_avg", message, StringComparison.Ordinal);

        File.Delete(folder.File("model.safetensors"));
        Assert.Contains("model.safetensors", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.Path)).Message, StringComparison.Ordinal);
        folder.Write("config.json", "{\"model_type\": \"enc"u8);
        Assert.Contains("JSON", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_file_loads_as_its_directory_and_checkpoints_find_the_codec_beside_them()
    {
        using var folder = new TemporaryFolder();
        using (var inner = new TemporaryFolder())
        {
            HuggingFaceEncodec.Write(inner, Stereo);
            using var direct = CompressionModel.GetPretrained(inner.File("model.safetensors"), CPU);
            Assert.Equal(2, direct.Channels);
            Directory.CreateDirectory(folder.File("encodec_tiny"));
            foreach (var file in Directory.GetFiles(inner.Path))
            {
                File.Copy(file, Path.Combine(folder.File("encodec_tiny"), Path.GetFileName(file)));
            }
        }

        var checkpoint = Directory.CreateDirectory(folder.File("musicgen")).FullName;
        File.WriteAllText(
            Path.Combine(checkpoint, "config.json"), """{"model_type": "audiocraft", "compression_state_dict": {"pretrained": "facebook/encodec_tiny"}}""");
        using var model = CompressionModel.GetPretrained(checkpoint, CPU);
        Assert.Equal((2, true), (model.Channels, ((EncodecModel)model).Renormalize));
    }

    private static EncodecConfig Read(string json, int codebooks) => HuggingFaceEncodecConfig.Read(CheckpointConfig.ParseJson(json, "config.json"), codebooks);
}
