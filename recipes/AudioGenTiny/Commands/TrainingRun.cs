using AudioCraft;


namespace AudioGenTiny.Recipe;

/// <summary>Trains a language model and writes the checkpoint after each validation.</summary>
internal static class TrainingRun
{
    public static void Run(LanguageModelSolver solver, Action<LMModel> write, CancellationToken cancellationToken)
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
        }), cancellationToken);
    }

    // Unlike Progress<T>, runs the callback before the next step changes the weights.
    private sealed class Report(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        void IProgress<TrainingProgress>.Report(TrainingProgress value) => report(value);
    }
}
