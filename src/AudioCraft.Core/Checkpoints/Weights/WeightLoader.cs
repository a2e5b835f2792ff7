using AudioCraft.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Checkpoints;

/// <summary>Loads a module's weights from an archive, one tensor at a time. All mismatches are listed in one error.</summary>
/// <remarks>
/// A parameter on the CPU with the stored element type uses the memory-mapped file as its storage (<c>Tensor.set_</c>): nothing is copied, and references
/// to the parameter (tied weights, optimizers) stay valid. Other tensors are converted in blocks into the memory of the parameter. If the module was constructed
/// under <see cref="Layers.DeferredInitialization"/>, that memory becomes resident only here.
/// </remarks>
internal static class WeightLoader
{
    private const int NamesShown = 20;
    private const int AlwaysAccepted = 1 << 20, MaximumSharing = 2;

    /// <summary>Loads every parameter and persistent buffer of <paramref name="module"/>, in their own element types and on their own devices.</summary>
    /// <exception cref="CheckpointException">
    /// Names are missing, unexpected or of another shape (nothing has been loaded then), or a tensor cannot be read.
    /// </exception>
    public static void Load(nn.Module module, TensorArchive archive, WeightLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(archive);
        options ??= new WeightLoadOptions();
        using var guard = no_grad();
        foreach (var (own, name, destination) in Match(module, archive, options))
        {
            using var mapped = options.AllowMapping && CanTakeStorage(destination, archive.Tensors[name]) ? archive.TryMap(name) : null;
            if (mapped is null)
            {
                archive.ReadInto(name, destination);
            }
            else
            {
                destination.set_(mapped);
            }

            options.Loaded?.Invoke(own);
        }
    }

    private static bool CanTakeStorage(Tensor destination, TensorInfo info) =>
        destination.device_type == DeviceType.CPU && destination.dtype == info.DType;

    private static List<(string Own, string Name, Tensor Destination)> Match(nn.Module module, TensorArchive archive, WeightLoadOptions options)
    {
        var matched = new List<(string, string, Tensor)>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        List<string> missing = [], misshapen = [];
        foreach (var (own, destination) in module.state_dict())
        {
            var name = options.Rename is null ? own : options.Rename(own);
            var full = name is null ? null : options.Prefix + name;
            if (full is null || !archive.Tensors.TryGetValue(full, out var info))
            {
                if (options.MayBeMissing?.Invoke(own) != true)
                {
                    missing.Add(full ?? own);
                }

                continue;
            }

            used.Add(full);
            if (!info.Shape.SequenceEqual(destination.shape))
            {
                misshapen.Add($"{PrintableText.Of(full)} is {info.ShapeText}, not [{string.Join(", ", destination.shape)}]");
            }

            matched.Add((own, full, destination));
        }

        var unexpected = archive.Tensors.Keys
            .Where(k => k.StartsWith(options.Prefix, StringComparison.Ordinal) && !used.Contains(k) && options.MayBeUnused?.Invoke(k) != true)
            .ToList();
        if (missing.Count + unexpected.Count + misshapen.Count > 0)
        {
            throw new CheckpointException(
                $"{archive.Source} does not fit {module.GetName()}:{Listed("missing", missing)}{Listed("unexpected", unexpected)}{Listed("of another shape", misshapen)}.");
        }

        // Tied weights may share a storage; many more tensors over one storage would take memory out of proportion to the file.
        var needed = matched.Sum(match => (double)match.Item3.numel());
        if (needed > AlwaysAccepted)
        {
            archive.CheckHolds(needed / MaximumSharing, module.GetName());
        }

        return matched;
    }

    private static string Listed(string what, List<string> names)
    {
        if (names.Count == 0)
        {
            return "";
        }

        names.Sort(StringComparer.Ordinal);
        var rest = names.Count > NamesShown ? $", and {names.Count - NamesShown} more" : "";
        return $" {names.Count} {what} ({string.Join(", ", names.Take(NamesShown).Select(name => PrintableText.Of(name)))}{rest})";
    }
}
