using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AudioCraft.Hosting;

/// <summary>The name of the metrics and traces.</summary>
public static class AudioCraftTelemetry
{
    /// <summary>
    /// The name of the <see cref="System.Diagnostics.Metrics.Meter"/> (queue length, waiting time, time to first audio, decoding steps, steps per second, requests by outcome, …)
    /// and of the <see cref="System.Diagnostics.ActivitySource"/> (one activity per request).
    /// </summary>
    public const string Name = "AudioCraft.Hosting";
}

/// <summary>The instruments of all models of a host. Measurements are tagged with the model.</summary>
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
    private readonly Counter<double> audio;
    private readonly Histogram<double> waiting;
    private readonly Histogram<double> firstAudio;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> stepRate;
    private readonly Histogram<double> loading;
    private readonly Histogram<int> batches;

    /// <param name="factory">The meter factory of the host, or null.</param>
    public HostingTelemetry(IMeterFactory? factory)
    {
        meter = factory?.Create(AudioCraftTelemetry.Name) ?? new Meter(AudioCraftTelemetry.Name);
        requests = meter.CreateCounter<long>("audiocraft.requests", "{request}", "Completed, failed and rejected requests, by outcome.");
        steps = meter.CreateCounter<long>("audiocraft.steps", "{step}", "Decoding steps of language models. A step of a batch counts once.");
        audio = meter.CreateCounter<double>("audiocraft.sound", "s", "Audio that was generated and delivered.");
        waiting = meter.CreateHistogram("audiocraft.queue.wait", "s", "Time in the queue.", advice: Seconds);
        firstAudio = meter.CreateHistogram("audiocraft.request.first_audio", "s", "Time from a streaming request to its first chunk, including the time in the queue.", advice: Seconds);
        duration = meter.CreateHistogram("audiocraft.request.duration", "s", "Time from a request to its end, including the time in the queue.", advice: Seconds);
        stepRate = meter.CreateHistogram("audiocraft.step.rate", "{step}/s", "Decoding steps per second of a batch.", advice: Rates);
        loading = meter.CreateHistogram("audiocraft.load.duration", "s", "Time to load a model.", advice: Seconds);
        batches = meter.CreateHistogram("audiocraft.batch.size", "{request}", "Requests per batch.", advice: Sizes);
        meter.CreateObservableGauge("audiocraft.queue.length", QueueLengths, "{request}", "Waiting requests.");
    }

    /// <summary>One activity per request, in the trace of the caller.</summary>
    public static ActivitySource Source { get; } = new(AudioCraftTelemetry.Name);

    /// <summary>Adds a model to the queue length gauge.</summary>
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

    public void Delivered(double seconds, in TagList tags) => audio.Add(seconds, tags);

    public void Loaded(string model, TimeSpan time) => loading.Record(time.TotalSeconds, new KeyValuePair<string, object?>(ModelTag, model));

    /// <summary>A batch was completed or canceled.</summary>
    public void BatchEnded(string model, int size, int completedSteps, TimeSpan time)
    {
        var tag = new KeyValuePair<string, object?>(ModelTag, model);
        batches.Record(size, tag);
        steps.Add(completedSteps, tag);
        if (completedSteps > 0 && time > TimeSpan.Zero)
        {
            stepRate.Record(completedSteps / time.TotalSeconds, tag);
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
