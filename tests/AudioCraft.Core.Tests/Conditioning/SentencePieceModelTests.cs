using System.Diagnostics;
using AudioCraft.Conditioning;

namespace AudioCraft.Tests.Conditioning;

[Collection(ProcessWideState.Name)]
public class SentencePieceModelTests
{
    private static readonly string[] Probes = ["", "a b ab", "aab\u00E9\U0001F600 <unk></s>", "ﬁ ①\t x"];

    [Fact]
    public void Segmentation_follows_the_scores()
    {
        var tokenizer = SentencePieceModelBuilder.Small().Load();

        // ▁a + b (-5.75) is better than ▁ + ab (-6.5) and ▁ + a + b (-7.5).
        Assert.Equal(["\u2581a", "b"], tokenizer.EncodePieces("ab"));
        Assert.Equal("ab", tokenizer.Decode(tokenizer.Encode(" ab ")));
    }

    [Fact]
    public void Adjacent_unknown_characters_merge_into_one_piece()
    {
        var tokenizer = SentencePieceModelBuilder.Small().Load();
        Assert.Equal(["\u2581", "xyz", "a"], tokenizer.EncodePieces("xyza"));
        Assert.Equal([3, 2, 4], tokenizer.Encode("xyza"));
        Assert.Equal(" \u2047 a", tokenizer.Decode([3, 2, 4]));
    }

    [Fact]
    public void Byte_fallback_encodes_unknown_characters_as_bytes()
    {
        var tokenizer = SentencePieceModelBuilder.Small().Bytes().Load();
        Assert.Equal(["\u2581a", "<0xC3>", "<0xA9>", "b"], tokenizer.EncodePieces("aéb"));
        Assert.Equal("aéb", tokenizer.Decode(tokenizer.Encode("aéb")));
        Assert.Equal("\uFFFD\uFFFDa", tokenizer.Decode([tokenizer.PieceToId("<0xC3>"), tokenizer.PieceToId("<0xFF>"), 4]));
    }

    [Fact]
    public void User_defined_symbols_are_always_matched_and_never_normalized()
    {
        // This map replaces every "b" by "a": unit 0 leads to 'b' at 99, whose leaf is at 1.
        var units = new uint[100];
        units[0] = 1 << 10;
        units[99] = 'b' | 1 << 8 | 98 << 10;
        units[1] = 1u << 31;
        byte[] map = [144, 1, 0, 0, .. units.SelectMany(BitConverter.GetBytes), (byte)'a', 0];
        var tokenizer = SentencePieceModelBuilder.Small().CharsMap(map).Piece("<ab>", 0, PieceType.UserDefined).Load();
        Assert.Equal(["\u2581a", "a", "<ab>", "a"], tokenizer.EncodePieces("ab<ab>b"));
    }

    [Fact]
    public void Unused_pieces_are_never_matched()
    {
        var tokenizer = SentencePieceModelBuilder.Small().Piece("c", -1, PieceType.Unused).Piece("\u2581ab", -0.1f, PieceType.Unused).Load();
        Assert.Equal([7, 5], tokenizer.Encode("ab"));
        Assert.Equal([3, 2], tokenizer.Encode("c"));
    }

    [Fact]
    public void Whitespace_options_of_the_model_are_followed()
    {
        Assert.Equal("\u2581a\u2581b", SentencePieceModelBuilder.Small().Load().Normalize("  a  b "));
        Assert.Equal("a\u2581b", SentencePieceModelBuilder.Small().Normalizer(3, 0).Load().Normalize("  a  b "));
        Assert.Equal("\u2581\u2581\u2581a\u2581\u2581b\u2581", SentencePieceModelBuilder.Small().Normalizer(4, 0).Load().Normalize("  a  b "));
        Assert.Equal(" a b", SentencePieceModelBuilder.Small().Normalizer(5, 0).Load().Normalize("  a  b "));
        Assert.Equal("a\u2581b\u2581", SentencePieceModelBuilder.Small().Trainer(24, 1).Load().Normalize("  a  b "));
    }

    [Theory]
    [InlineData(2ul, "BPE")]
    [InlineData(3ul, "word")]
    [InlineData(4ul, "character")]
    [InlineData(9ul, "9")]
    public void Other_model_types_throw_with_their_name(ulong type, string name)
    {
        var error = Assert.Throws<CheckpointException>(() => SentencePieceModelBuilder.Small().Trainer(3, type).Load());
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inconsistent_vocabularies_throw()
    {
        var models = new Dictionary<string, SentencePieceModelBuilder>
        {
            ["twice"] = SentencePieceModelBuilder.Small().Piece("a", -1),
            ["2 of"] = SentencePieceModelBuilder.Small().Piece("<unk2>", 0, PieceType.Unknown),
            ["0 of"] = new SentencePieceModelBuilder().Piece("a", 0),
            ["0 bytes"] = SentencePieceModelBuilder.Small().Piece("", 0),
            ["NaN"] = SentencePieceModelBuilder.Small().Piece("c", float.NaN),
            ["type 0"] = SentencePieceModelBuilder.Small().Piece("c", 0, 0),
            ["type byte"] = SentencePieceModelBuilder.Small().Piece("<0x00>", 0, PieceType.Byte),
            ["2000 bytes"] = SentencePieceModelBuilder.Small().Piece(new string('a', 2000), 0),
            ["none of"] = new SentencePieceModelBuilder().Piece("<unk>", 0, PieceType.Unknown),
        };
        Assert.All(models, m => Assert.Contains(m.Key, Assert.Throws<CheckpointException>(() => m.Value.Load()).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Damaged_character_maps_throw()
    {
        byte[][] maps =
        [
            [1], [0, 0, 0, 0], [255, 255, 255, 255, 0], [8, 0, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0, 0],
            [4, 0, 0, 0, 0, 1, 0, 0, 65, 66], // an unterminated value
        ];
        Assert.All(maps, map => Assert.Throws<CheckpointException>(() => SentencePieceModelBuilder.Small().CharsMap(map).Load()));
    }

    [Fact]
    public void Cyclic_character_map_terminates()
    {
        // 'a' at 97 leads to itself and never has a value.
        var units = new uint[98];
        units[97] = 'a' | 97 << 10;
        byte[] map = [136, 1, 0, 0, .. units.SelectMany(BitConverter.GetBytes), 0];
        var watch = ProcessorTime.StartNew();
        Assert.Equal(20_000, SentencePieceModelBuilder.Small().CharsMap(map).Load().Encode(new string('a', 20_000)).Length);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
    }

    [Fact]
    public void Truncated_small_models_throw_or_work()
    {
        var whole = SentencePieceModelBuilder.Small().Normalizer(4, 1).ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            Try(whole[..length]);
        }
    }

    [Fact]
    public void Truncated_real_models_throw_or_work()
    {
        var whole = File.ReadAllBytes(Path.Combine(Golden.Directory("t5_tokenizer"), "spiece.model"));
        for (var length = 0; length < whole.Length; length += 997)
        {
            Try(whole[..length]);
        }
    }

    [Fact]
    public void Flipped_bytes_throw_or_work()
    {
        var small = SentencePieceModelBuilder.Small().Normalizer(4, 1).Trainer(35, 0).ToArray();
        var real = File.ReadAllBytes(Path.Combine(Golden.Directory("t5_tokenizer"), "spiece.model"));
        var random = new Random(20261122);
        for (var round = 0; round < 5000; round++)
        {
            var bytes = (byte[])(round % 20 == 0 ? real : small).Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            Try(bytes);
        }
    }

    private static void Try(byte[] bytes)
    {
        var watch = ProcessorTime.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var tokenizer = SentencePieceTokenizer.Load(new MemoryStream(bytes));
            foreach (var probe in Probes)
            {
                var ids = tokenizer.Encode(probe);
                Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.PieceCount - 1));
                Assert.Equal(tokenizer.Normalize(probe), string.Concat(tokenizer.EncodePieces(probe)));
                tokenizer.Decode(ids);
            }
        }
        catch (CheckpointException e)
        {
            Assert.NotEmpty(e.Message);
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1), $"{watch.Elapsed}");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (60L * bytes.Length) + (1 << 20));
    }
}
