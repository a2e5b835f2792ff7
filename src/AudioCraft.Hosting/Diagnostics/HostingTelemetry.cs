using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AudioCraft.Hosting;

/// <summary>What can be measured. One for all models of a host; each measurement says which model it is of.</summary>
internal sealed class HostingTelemetry : IDisposable
{
    public const string ModelTag = "audiocraft.model";
    public const string OperationTag = "audiocraft.operation";
    public const string OutcomeTag = "audiocraft.outcome";
    private static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600] };
    private static readonly InstrumentAdvice<double> Rates = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000] };
    private static readonly InstrumentAdvice<int> Sizes = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] };

    private readonly Lock gate = new();
    private readonly List<SoundModelHost> models = [];
    private readonly Meter meter;
    private readonly Counter<long> requests;
    private readonly Counter<long> steps;
    private readonly Counter<double> sound;
    private readonly Histogram<double> waiting;
    private readonly Histogram<double> firstAudio;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> stepRate;
    private readonly Histogram<double> loading;
    private readonly Histogram<int> batches;

    /// <param name="factory">The host's; null for a meter of its own.</param>
    public HostingTelemetry(IMeterFactory? factory)
    {
        meter = factory?.Create(AudioCraftTelemetry.Name) ?? new Meter(AudioCraftTelemetry.Name);
        requests = meter.CreateCounter<long>("audiocraft.requests", "{request}", "Requests that have ended, by outcome.");
        steps = meter.CreateCounter<long>("audiocraft.steps", "{step}", "Steps of language models. A batch's step counts once.");
        sound = meter.CreateCounter<double>("audiocraft.sound", "s", "Sound that was made and handed over.");
        waiting = meter.CreateHistogram("audiocraft.queue.wait", "s", "Time in the queue.", advice: Seconds);
        firstAudio = meter.CreateHistogram("audiocraft.request.first_audio", "s", "From a request for a stream to its first sound, the time in the queue included.", advice: Seconds);
        duration = meter.CreateHistogram("audiocraft.request.duration", "s", "From a request to its end, the time in the queue included.", advice: Seconds);
        stepRate = meter.CreateHistogram("audiocraft.step.rate", "{step}/s", "Steps a second of a batch.", advice: Rates);
        loading = meter.CreateHistogram("audiocraft.load.duration", "s", "Time that loading a model took.", advice: Seconds);
        batches = meter.CreateHistogram("audiocraft.batch.size", "{request}", "Requests that were made together.", advice: Sizes);
        meter.CreateObservableGauge("audiocraft.queue.length", QueueLengths, "{request}", "Requests that wait.");
    }

    /// <summary>An activity for each request, in the trace of whoever makes it.</summary>
    public static ActivitySource Source { get; } = new(AudioCraftTelemetry.Name);

    /// <summary>Measures a model's queue from now on.</summary>
    public void Watch(SoundModelHost model)
    {
        lock (gate)
        {
            models.Add(model);
        }
    }

    public void Forget(SoundModelHost model)
    {
        lock (gate)
        {
            models.Remove(model);
        }
    }

    public void Waited(TimeSpan time, in TagList tags) => waiting.Record(time.TotalSeconds, tags);

    public void FirstAudio(TimeSpan time, in TagList tags) => firstAudio.Record(time.TotalSeconds, tags);

    public void Ended(TimeSpan time, string outcome, TagList tags)
    {
        tags.Add(OutcomeTag, outcome);
        requests.Add(1, tags);
        duration.Record(time.TotalSeconds, tags);
    }

    public void Handed(double seconds, in TagList tags) => sound.Add(seconds, tags);

    public void Loaded(string model, TimeSpan time) => loading.Record(time.TotalSeconds, new KeyValuePair<string, object?>(ModelTag, model));

    /// <summary>A batch has been made, or as much of it as anybody wanted.</summary>
    public void Made(string model, int together, int stepsDone, TimeSpan time)
    {
        var tag = new KeyValuePair<string, object?>(ModelTag, model);
        batches.Record(together, tag);
        steps.Add(stepsDone, tag);
        if (stepsDone > 0 && time > TimeSpan.Zero)
        {
            stepRate.Record(stepsDone / time.TotalSeconds, tag);
        }
    }

    public void Dispose() => meter.Dispose();

    private IEnumerable<Measurement<int>> QueueLengths()
    {
        lock (gate)
        {
            return [.. models.Select(model => new Measurement<int>(model.QueueLength, new KeyValuePair<string, object?>(ModelTag, model.Label)))];
        }
    }
}
