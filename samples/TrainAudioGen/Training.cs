using AudioCraft;
using AudioCraft.Training;

namespace TrainAudioGen;

/// <summary>Runs a training of a language model and writes the checkpoint whenever it has been measured.</summary>
internal static class Training
{
    public static void Run(LanguageModelSolver solver, Action<LMModel> write, CancellationToken cancellation)
    {
        var console = new TrainingConsole();
        solver.Run(new Report(progress =>
        {
            ((IProgress<TrainingProgress>)console).Report(progress);
            if (progress.Phase == TrainingPhase.Validation)
            {
                using var averaged = solver.Averaged();
                write(solver.Model);
            }
        }), cancellation);
    }

    // The weights must be written before the next step changes them, so the report is answered at once.
    private sealed class Report(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        void IProgress<TrainingProgress>.Report(TrainingProgress value) => report(value);
    }
}
