using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>Rows of a parameter that do not learn.</summary>
/// <param name="Parameter">Whose other rows do.</param>
/// <param name="First">The first of them, along the first dimension.</param>
/// <param name="Count">How many.</param>
internal sealed record FixedRows(Parameter Parameter, long First, long Count)
{
    /// <summary>Forgets their gradient.</summary>
    public void Hold()
    {
        using var guard = no_grad();
        using var rows = Parameter.grad?.narrow(0, First, Count);
        rows?.zero_();
    }
}
