using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting;

/// <summary>What is logged, measured and traced of a request.</summary>
internal sealed class RequestTrace
{
    private static long count;
    private readonly HostingTelemetry telemetry;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly string operation;
    private readonly string model;
    private readonly TagList tags;
    private readonly long start;
    private readonly long id = Interlocked.Increment(ref count);
    private readonly Activity? activity;
    private bool heard;

    /// <summary>A request arrives. Its activity is a child of the caller's, but does not become the caller's current one: it ends on another thread.</summary>
    /// <param name="telemetry">Where to measure.</param>
    /// <param name="logger">Where to log.</param>
    /// <param name="time">The clock.</param>
    /// <param name="operation">What is asked for.</param>
    /// <param name="model">Of which model.</param>
    /// <param name="prompt">The description, where it may be recorded.</param>
    public RequestTrace(HostingTelemetry telemetry, ILogger logger, TimeProvider time, string operation, string model, string? prompt = null)
    {
        (this.telemetry, this.logger, this.time, this.operation, this.model) = (telemetry, logger, time, operation, model);
        tags = new TagList { { HostingTelemetry.ModelTag, model }, { HostingTelemetry.OperationTag, operation } };
        start = time.GetTimestamp();
        var current = Activity.Current;
        activity = HostingTelemetry.Source.StartActivity($"audiocraft.{operation}");
        Activity.Current = current;
        foreach (var (key, value) in tags)
        {
            activity?.SetTag(key, value);
        }

        if (prompt is not null)
        {
            activity?.SetTag("audiocraft.prompt", prompt);
            HostingLog.Prompt(logger, id, prompt);
        }
    }

    /// <summary>It has this place in the queue, 1 for the next.</summary>
    public void Accepted(int position) => HostingLog.Accepted(logger, id, operation, model, position);

    /// <summary>Its turn has come.</summary>
    /// <param name="together">Requests that are served with it, itself included.</param>
    public void Started(int together)
    {
        var waited = time.GetElapsedTime(start);
        telemetry.Waited(waited, tags);
        activity?.AddEvent(new ActivityEvent("started"));
        activity?.SetTag("audiocraft.batch.size", together);
        HostingLog.Started(logger, id, waited.TotalSeconds, together);
    }

    /// <summary>A listener has got so much sound.</summary>
    public void Handed(double seconds, bool isStream)
    {
        telemetry.Handed(seconds, tags);
        if (isStream && !heard)
        {
            heard = true;
            telemetry.FirstAudio(time.GetElapsedTime(start), tags);
            activity?.AddEvent(new ActivityEvent("first audio"));
        }
    }

    /// <summary>It is over, by success or by this failure.</summary>
    public void Ended(Exception? error)
    {
        var outcome = RequestOutcome.Of(error);
        var took = time.GetElapsedTime(start);
        telemetry.Ended(took, outcome, tags);
        switch (outcome)
        {
            case RequestOutcome.Completed:
                HostingLog.Completed(logger, id, operation, model, took.TotalSeconds);
                break;
            case RequestOutcome.Failed:
                HostingLog.Failed(logger, id, operation, model, took.TotalSeconds, error!);
                break;
            case RequestOutcome.QueueFull or RequestOutcome.Unavailable:
                HostingLog.Refused(logger, id, operation, model, error!.Message);
                break;
            default:
                HostingLog.Ended(logger, id, operation, model, took.TotalSeconds, outcome);
                break;
        }

        activity?.SetTag(HostingTelemetry.OutcomeTag, outcome);
        if (outcome is not (RequestOutcome.Completed or RequestOutcome.Cancelled))
        {
            activity?.SetStatus(ActivityStatusCode.Error, error!.Message);
        }

        // Whoever ends it is not part of the trace that it is in.
        var current = Activity.Current;
        activity?.Dispose();
        Activity.Current = current;
    }
}
