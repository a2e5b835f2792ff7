using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>The tensors of one dictionary in a file written by <c>torch.save</c>.</summary>
internal sealed class TorchStateDict : TensorArchive
{
    private readonly OrderedDictionary<string, TorchTensorReference> references = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, TensorInfo> tensors = new(StringComparer.Ordinal);

    public TorchStateDict(string source, PickleDict dictionary)
    {
        Source = source;
        foreach (var (name, value) in dictionary.ByName)
        {
            if (value is TorchTensorReference reference)
            {
                references.Add(name, reference);
                tensors.Add(name, reference.Info);
            }
        }
    }

    public override string Source { get; }

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    internal override IEnumerable<(object Storage, long StorageBytes, long Elements)> StoragesOf(string name)
    {
        var reference = ReferenceOf(name);
        return [(reference.Bytes, reference.Bytes.Length, reference.Info.ElementCount)];
    }

    public override Tensor Read(string name) => ReferenceOf(name).Read();

    public override Tensor? TryMap(string name) => ReferenceOf(name).TryMap();

    public override void ReadInto(string name, Tensor destination)
    {
        CheckShape(name, destination);
        ReferenceOf(name).ReadInto(destination);
    }

    private TorchTensorReference ReferenceOf(string name)
    {
        InfoOf(name);
        return references[name];
    }
}
