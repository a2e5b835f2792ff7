using System.Text.RegularExpressions;
using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

/// <summary>Streaming EnCodec compared with upstream's unstreamed results in tests/golden/encodec_*.</summary>
public partial class StreamingGoldenTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string, string?> Cases => new()
    {
        { "encodec_causal_24k_tiny", null },
        { "encodec_causal_24k_tiny", "pad_constant" },
        { "encodec_causal_24k_tiny", "trim_right_0.5" },
        { "encodec_causal_24k_tiny", "tanh" },
        { "encodec_noncausal_16k_audiogen_tiny", null },
        { "encodec_noncausal_32k_tiny", null },
        { "encodec_noncausal_32k_tiny", "pad_reflect" },
        { "encodec_noncausal_norm_none_lstm0", null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Streamed_codes_and_audio_match_the_recorded_ones(string name, string? variant)
    {
        using var model = GoldenEncodec.Load(name, variant);
        using var io = Golden.Tensors(name);
        var prefix = variant is null ? "" : $"variant_{variant}/";
        foreach (var length in io.Tensors.Keys.Select(k => RunName().Match(k)).Where(m => m.Success && m.Groups[1].Value == prefix).Select(m => m.Groups[2].Value).Distinct())
        {
            using var scope = NewDisposeScope();
            var audio = io.Read(length + "/x");
            var codes = io.Read(length + "/codes");
            var decoded = io.Read($"{prefix}{length}/{(variant is null ? "decoded" : "decoded_from_codes")}");
            foreach (var sizes in new int[][] { [7], [model.HopLength], [1, 250, 3], [1 << 20] })
            {
                using var chain = ((SEANetEncoder)model.Encoder).OpenStream();
                using (no_grad())
                {
                    var latent = StreamChunks.Run(audio, sizes, chunk => chain.Push(chunk, false), () => chain.Push(null, true))!;
                    Near.Equal(io.Read($"{prefix}{length}/emb"), latent, Tolerance);
                }

                if (variant is null)
                {
                    Exactly.Equal(codes, StreamChunks.Encode(model, audio, sizes));
                }
            }

            foreach (var sizes in new int[][] { [1], [2, 1], [1 << 20] })
            {
                Near.Equal(decoded, StreamChunks.Decode(model, codes, sizes), Tolerance);
            }
        }
    }

    [Theory]
    [InlineData("encodec_causal_24k_tiny")]
    [InlineData("encodec_noncausal_32k_tiny")]
    public void Streaming_one_sample_at_a_time_matches_the_recorded_codes(string name)
    {
        using var model = GoldenEncodec.Load(name);
        using var io = Golden.Tensors(name);
        var length = io.Tensors.Keys.Select(k => RunName().Match(k)).First(m => m.Success && io.Tensors[$"{m.Groups[2].Value}/x"].Shape[2] > 800).Groups[2].Value;
        using var scope = NewDisposeScope();
        Exactly.Equal(io.Read(length + "/codes"), StreamChunks.Encode(model, io.Read(length + "/x"), 1));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    public void Fewer_codebooks_match_the_recorded_codes_and_audio(int codebooks)
    {
        using var model = GoldenEncodec.Load("encodec_causal_24k_tiny");
        using var io = Golden.Tensors("encodec_causal_24k_tiny");
        using var scope = NewDisposeScope();
        model.SetNumCodebooks(codebooks);
        var codes = StreamChunks.Encode(model, io.Read("len2399/x"), 480);
        Exactly.Equal(io.Read("len2399/n4/codes").narrow(1, 0, codebooks), codes);
        if (codebooks == 4)
        {
            Near.Equal(io.Read("len2399/n4/decoded"), StreamChunks.Decode(model, codes, 1), Tolerance);
        }
    }

    [GeneratedRegex(@"^(variant_[^/]+/|)(len\d+)/emb$")]
    private static partial Regex RunName();
}
