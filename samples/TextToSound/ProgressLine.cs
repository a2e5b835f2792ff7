using AudioCraft;

namespace TextToSound;

/// <summary>How far the generation is, on one line of the console; nothing where the output goes to a file.</summary>
internal sealed class ProgressLine : IProgress<GenerationProgress>
{
    private int shown = -1;

    // Called on the generating thread, unlike Progress<T>, so that the lines come in order.
    public void Report(GenerationProgress value)
    {
        var percent = (int)(100 * value.Fraction);
        if (percent != shown && !Console.IsOutputRedirected)
        {
            Console.Write($"\r{percent,3} %  step {value.Step} of {value.TotalSteps} ");
            shown = percent;
        }
    }

    public void End()
    {
        if (shown >= 0)
        {
            Console.WriteLine();
        }
    }
}
