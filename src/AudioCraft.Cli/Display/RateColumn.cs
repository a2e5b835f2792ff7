using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AudioCraft.Cli.Display;

/// <summary>What a bar counts.</summary>
internal enum RateUnit
{
    /// <summary>Nothing that has a rate.</summary>
    None,

    /// <summary>Bytes, shown as MB.</summary>
    Bytes,

    /// <summary>Steps of a language model.</summary>
    Steps,
}

/// <summary>The rate of a bar in what it counts. Spectre.Console measures it, and knows a column for bytes alone.</summary>
internal sealed class RateColumn : ProgressColumn
{
    private const string Key = "unit";

    /// <inheritdoc/>
    protected override bool NoWrap => true;

    /// <summary>Says what a bar counts.</summary>
    public static ProgressTask Mark(ProgressTask task, RateUnit unit)
    {
        task.State.Update<RateUnit>(Key, _ => unit);
        return task;
    }

    /// <inheritdoc/>
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(Text(task.State.Get<RateUnit>(Key), task.Speed));

    /// <summary>The rate in words; empty where there is none.</summary>
    public static string Text(RateUnit unit, double? speed) => (unit, speed) switch
    {
        (RateUnit.Bytes, { } bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB/s"),
        (RateUnit.Steps, { } steps) => string.Create(CultureInfo.InvariantCulture, $"{steps:0} steps/s"),
        _ => "",
    };
}
