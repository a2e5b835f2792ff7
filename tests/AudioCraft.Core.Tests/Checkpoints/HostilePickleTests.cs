using AudioCraft.Checkpoints;

namespace AudioCraft.Tests.Checkpoints;

/// <summary>Pickles whose values take far more memory than the file.</summary>
public class HostilePickleTests
{
    private const int Length = 1 << 20;

    public static TheoryData<string, byte[]> Pickles => new()
    {
        { "empty lists", [(byte)']'] },
        { "empty dictionaries", [(byte)'}'] },
        { "null", [(byte)'N'] },
        { "memo", [(byte)'N', 0x94, 0x94, 0x94, 0x94, 0x94, 0x94, 0x94] },
        { "marks", [(byte)'('] },
        { "short strings", [0x8c, 1, (byte)'a'] },
        { "integers", [(byte)'K', 7] },
        { "nested tuples", [(byte)']', 0x85, 0x85, 0x85, 0x85] },
    };

    [Theory]
    [MemberData(nameof(Pickles))]
    public void Memory_of_values_is_proportional_to_the_pickle(string kind, byte[] opcodes)
    {
        var bytes = new List<byte> { 0x80, 4 };
        while (bytes.Count < Length)
        {
            bytes.AddRange(opcodes);
        }

        var input = new PickleInput([.. bytes], kind);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CheckpointException>(() => PickleReader.Read(input, _ => new object()));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 80L * Length);
    }

    [Fact]
    public void Inspecting_nested_dictionaries_with_long_keys_takes_bounded_memory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<CheckpointException>(() => CheckpointInspector.Inspect(TestData.Hostile("inspect-keys.pt")));
        Assert.Contains("too long", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32L << 20);
    }

    [Fact]
    public void Many_references_to_a_long_text_are_counted_by_inspection()
    {
        using var folder = new TemporaryFolder();
        var pickle = new PickleWriter().Op('}').Value(new string('x', 1 << 18)).Raw((byte)'q', 0).Op('0').Op('(');
        for (var i = 0; i < 1000; i++)
        {
            pickle.Value($"{i}").Raw((byte)'h', 0);
        }

        var path = folder.Write("x.pt", TorchZipBuilder.Build(pickle.Op('u').Stop()));
        Assert.Contains("too long", Assert.Throws<CheckpointException>(() => CheckpointInspector.Inspect(path)).Message, StringComparison.Ordinal);
    }
}
