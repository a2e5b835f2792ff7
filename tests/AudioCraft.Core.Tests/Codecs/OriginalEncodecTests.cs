using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AudioCraft.Checkpoints;
using AudioCraft.Codecs;
using AudioCraft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Files as published by facebookresearch/encodec: only a state dictionary, in the format of torch.save.</summary>
[Collection(ProcessWideState.Name)]
public class OriginalEncodecTests
{
    // xunit creates an instance for each test: the random inputs are the same in every run.
    public OriginalEncodecTests() => manual_seed(20261127);

    [Theory]
    [InlineData("encodec_original_24k", 24000, 1, true, 75.0, 5)]
    [InlineData("encodec_original_48k", 48000, 2, false, 150.0, 4)]
    public void Bare_state_dictionary_loads_as_the_model_of_its_names(string name, int rate, int channels, bool causal, double frameRate, int bandwidths)
    {
        using var folder = new TemporaryFolder();
        var bytes = TorchFileOf(Golden.File(name, "weights.safetensors"));
        var path = folder.Write($"encodec-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..8]}.th", bytes);
        using var model = (EncodecModel)CompressionModel.GetPretrained(path, CPU);
        Assert.Equal((rate, channels, causal, frameRate), (model.SampleRate, model.Channels, model.Causal, model.FrameRate));
        Assert.Equal((!causal, bandwidths), (model.Renormalize, model.Config.Bandwidths.Count));
        Assert.Equal(causal ? (null, null) : (48000, 47520), (model.Config.SegmentLength, model.Config.SegmentStride));
        Assert.False(model.training);

        using var expected = OriginalEncodecFixture.Load(name);
        using var scope = NewDisposeScope();
        var x = rand(1, channels, 1300) - 0.5f;
        var (codes, scale) = model.Encode(x);
        Exactly.Equal(expected.Encode(x).Codes, codes);
        Near.Equal(expected.Decode(codes, scale), model.Decode(codes, scale), 1e-6);
    }

    [Theory]
    [InlineData("encodec_original_24k", false)]
    [InlineData("encodec_original_48k", true)]
    public void HuggingFace_layout_of_an_original_model_is_the_same_model(string name, bool newSpelling)
    {
        using var folder = new TemporaryFolder();
        var config = OriginalEncodecFixture.ConfigOf(name);
        HuggingFaceEncodec.Write(folder, name, config, newSpelling);
        using var model = (EncodecModel)CompressionModel.GetPretrained(folder.Path, CPU);
        Assert.Equal((config.SegmentLength, config.SegmentStride, config.Renormalize), (model.Config.SegmentLength, model.Config.SegmentStride, model.Renormalize));
        Assert.Equal(config.Bandwidths, model.Config.Bandwidths);

        using var expected = OriginalEncodecFixture.Load(name);
        using var scope = NewDisposeScope();
        var x = rand(2, config.Channels, 1300) - 0.5f;
        var (codes, scale) = model.Encode(x);
        Exactly.Equal(expected.Encode(x).Codes, codes);
        Near.Equal(expected.Decode(codes, scale), model.Decode(codes, scale), 1e-6);
    }

    [Fact]
    public void File_whose_hash_does_not_match_its_name_is_rejected()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("encodec_24khz-d7cc33bc.th", TorchFileOf(Golden.File("encodec_original_24k", "weights.safetensors")));
        Assert.Contains("d7cc33bc", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(path, CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_weights_of_an_original_file_are_named()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("codec.th", TorchFileOf(Golden.File("encodec_original_24k", "weights.safetensors"), "decoder.model.15.conv.conv.bias"));
        Assert.Contains("decoder.model.15.conv.conv.bias", Assert.Throws<CheckpointException>(() => CompressionModel.GetPretrained(path, CPU)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Released_file_has_the_released_shape()
    {
        // encodec_24khz with its 14.9 million weights, of which only the shapes are used.
        using var folder = new TemporaryFolder();
        using var source = new EncodecModel(new EncodecConfig
        {
            Causal = true,
            Encoder = new() { ResidualLayers = 1, Norm = ConvNorm.WeightNorm, Causal = true, TrueSkip = false, LstmLayers = 2 },
            Quantizer = new() { NumCodebooks = 32, Cardinality = 1024 },
        }, training: true);
        var path = folder.Write("encodec_24khz.th", TorchFileOf(source.state_dict().ToDictionary(p => p.Key, p => p.Value)));
        using var model = (EncodecModel)CompressionModel.GetPretrained(path, CPU);
        Assert.Equal((32, 32, 1024, 320), (model.Config.Encoder.Filters, model.TotalCodebooks, model.Cardinality, model.HopLength));
        model.SetTargetBandwidth(6);
        Assert.Equal(8, model.NumCodebooks);
    }

    private static byte[] TorchFileOf(string safetensors, string? without = null)
    {
        using var file = SafetensorsFile.Open(safetensors);
        using var scope = NewDisposeScope();
        return TorchFileOf(file.Tensors.Keys.Where(k => k != without).ToDictionary(k => k, file.Read));
    }

    private static byte[] TorchFileOf(Dictionary<string, Tensor> tensors)
    {
        var items = new List<(string, object?)>();
        var storages = new List<(string, byte[])>();
        foreach (var (name, tensor) in tensors)
        {
            var (shape, key) = (tensor.shape, $"{items.Count}");
            var stride = new long[shape.Length];
            var step = 1L;
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                (stride[d], step) = (step, step * shape[d]);
            }

            items.Add((name, PickleWriter.Tensor("FloatStorage", key, tensor.numel(), 0, shape, stride)));
            storages.Add((key, MemoryMarshal.AsBytes<float>(tensor.detach().contiguous().data<float>().ToArray()).ToArray()));
        }

        return TorchZipBuilder.Build(new PickleWriter().Dictionary([.. items]), [.. storages]);
    }
}
