using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Passes tensors to streams in chunks of given sizes.</summary>
internal static class StreamChunks
{
    /// <summary>The whole result of pushing <paramref name="input"/> in chunks of these sizes repeatedly, then flushing, joined along time; null for no result at all.</summary>
    public static Tensor? Run(Tensor input, int[] sizes, Func<Tensor, Tensor?> push, Func<Tensor?> flush)
    {
        var outputs = new List<Tensor>();
        foreach (var chunk in Cut(input, sizes))
        {
            if (push(chunk) is { } output)
            {
                outputs.Add(output);
            }
        }

        if (flush() is { } rest)
        {
            outputs.Add(rest);
        }

        return outputs.Count == 0 ? null : cat(outputs, -1);
    }

    /// <summary>Consecutive views of the input along time.</summary>
    public static IEnumerable<Tensor> Cut(Tensor input, params int[] sizes)
    {
        var length = input.size(-1);
        for (long start = 0, i = 0; start < length; i++)
        {
            var size = Math.Min(sizes[i % sizes.Length], length - start);
            yield return input.narrow(-1, start, size);
            start += size;
        }
    }

    /// <summary>Encodes audio in chunks.</summary>
    public static Tensor Encode(CompressionModel model, Tensor audio, params int[] sizes)
    {
        using var encoder = model.CreateStreamingEncoder();
        return Run(audio, sizes, encoder.Push, encoder.Flush)!;
    }

    /// <summary>Decodes codes in chunks.</summary>
    public static Tensor Decode(CompressionModel model, Tensor codes, params int[] sizes)
    {
        using var decoder = model.CreateStreamingDecoder();
        return Run(codes, sizes, decoder.Push, decoder.Flush)!;
    }
}
