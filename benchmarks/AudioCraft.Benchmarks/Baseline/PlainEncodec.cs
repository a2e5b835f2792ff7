using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Benchmarks.Baseline;

/// <summary>EnCodec as <c>torch.nn</c> modules with the weights of one of our models. Call it under <c>no_grad</c>.</summary>
internal sealed class PlainEncodec : IDisposable
{
    private readonly EncodecConfig config;
    private readonly PlainChain encoder;
    private readonly PlainChain decoder;
    private readonly Tensor[] codebooks;
    private readonly Tensor[] squares;

    public PlainEncodec(EncodecModel model)
    {
        config = model.Config;
        var weights = new ModelWeights(model);
        encoder = PlainSeanet.Encoder(config.Encoder, weights);
        decoder = PlainSeanet.Decoder(config.Encoder, weights);
        encoder.eval();
        decoder.eval();
        codebooks = [.. Enumerable.Range(0, config.Quantizer.NumCodebooks).Select(k => weights[$"quantizer.vq.layers.{k}._codebook.embed"])];
        squares = [.. codebooks.Select(entries => entries.pow(2).sum(1))];
    }

    /// <summary>[B, C, T] → [B, D, F].</summary>
    public Tensor Latent(Tensor sound) => encoder.forward(sound);

    /// <summary>[B, C, T] → codes [B, K, F], and the volume [B, 1, 1] of a model that renormalizes.</summary>
    public (Tensor Codes, Tensor? Scale) Encode(Tensor sound)
    {
        using var scope = NewDisposeScope();
        var (input, scale) = Normalize(sound);
        return (Quantize(encoder.forward(input)).MoveToOuterDisposeScope(), scale?.MoveToOuterDisposeScope());
    }

    /// <summary>Codes [B, K, F] → [B, C, T].</summary>
    public Tensor Decode(Tensor codes, Tensor? scale = null)
    {
        using var scope = NewDisposeScope();
        var sum = ModelWeights.Lookup(codebooks[0], codes.select(1, 0));
        for (var k = 1; k < codebooks.Length; k++)
        {
            sum = sum + ModelWeights.Lookup(codebooks[k], codes.select(1, k));
        }

        var sound = decoder.forward(sum.transpose(1, 2));
        return (scale is null ? sound : sound * scale).MoveToOuterDisposeScope();
    }

    /// <summary>Encodes segment by segment, as in the 48 kHz model.</summary>
    public List<(Tensor Codes, Tensor? Scale)> EncodeSegments(Tensor sound)
    {
        var frames = new List<(Tensor, Tensor?)>();
        for (var start = 0L; start < sound.size(-1); start += config.SegmentStride!.Value)
        {
            using var part = sound.narrow(-1, start, Math.Min(config.SegmentLength!.Value, sound.size(-1) - start));
            frames.Add(Encode(part));
        }

        return frames;
    }

    /// <summary>Decodes segments and cross-fades them with triangular weights.</summary>
    public Tensor DecodeSegments(IReadOnlyList<(Tensor Codes, Tensor? Scale)> frames)
    {
        using var scope = NewDisposeScope();
        var parts = frames.Select(frame => Decode(frame.Codes, frame.Scale)).ToList();
        long stride = config.SegmentStride!.Value, first = parts[0].size(-1);
        var total = (stride * (parts.Count - 1)) + parts[^1].size(-1);
        var ramp = 0.5f - (linspace(0, 1, first + 2).narrow(0, 1, first) - 0.5f).abs();
        var (sum, weight) = (zeros(1, config.Channels, total), zeros(total));
        foreach (var (i, part) in parts.Index())
        {
            var own = ramp.narrow(0, 0, part.size(-1));
            sum.narrow(-1, i * stride, part.size(-1)).add_(own * part);
            weight.narrow(0, i * stride, part.size(-1)).add_(own);
        }

        return (sum / weight).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        encoder.Dispose();
        decoder.Dispose();
        foreach (var square in squares)
        {
            square.Dispose();
        }
    }

    private (Tensor Sound, Tensor? Scale) Normalize(Tensor sound)
    {
        if (!config.Renormalize)
        {
            return (sound, null);
        }

        var scale = sound.mean([1], keepdim: true).pow(2).mean([2], keepdim: true).sqrt() + 1e-8f;
        return (sound / scale, scale);
    }

    private Tensor Quantize(Tensor latent)
    {
        var residual = latent.transpose(1, 2).reshape(-1, latent.size(1));
        var codes = new List<Tensor>();
        for (var k = 0; k < codebooks.Length; k++)
        {
            var indices = (2 * residual.matmul(codebooks[k].t()) - squares[k]).argmax(-1);
            residual = residual - ModelWeights.Lookup(codebooks[k], indices);
            codes.Add(indices.view(latent.size(0), -1));
        }

        return stack(codes, 1);
    }
}
