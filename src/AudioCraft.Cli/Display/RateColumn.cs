using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AudioCraft.Cli.Display;

/// <summary>The unit of a bar.</summary>
internal enum RateUnit
{
    /// <summary>No rate.</summary>
    None,

    /// <summary>Bytes, shown as MB.</summary>
    Bytes,

    /// <summary>Decoding steps.</summary>
    Steps,
}

/// <summary>The rate of a bar in its unit. Spectre.Console measures it, but has a column only for bytes.</summary>
internal sealed class RateColumn : ProgressColumn
{
    private const string Key = "unit";

    /// <inheritdoc/>
    protected override bool NoWrap => true;

    /// <summary>Sets the unit of a bar.</summary>
    public static ProgressTask Mark(ProgressTask task, RateUnit unit)
    {
        task.State.Update<RateUnit>(Key, _ => unit);
        return task;
    }

    /// <inheritdoc/>
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(Text(task.State.Get<RateUnit>(Key), task.Speed));

    /// <summary>The rate as text; empty without a rate.</summary>
    public static string Text(RateUnit unit, double? speed) => (unit, speed) switch
    {
        (RateUnit.Bytes, { } bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB/s"),
        (RateUnit.Steps, { } steps) => string.Create(CultureInfo.InvariantCulture, $"{steps:0} steps/s"),
        _ => "",
    };
}
