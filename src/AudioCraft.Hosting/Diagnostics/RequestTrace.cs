using System.Diagnostics;
using AudioCraft.Formats;
using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting;

/// <summary>Logs, measures and traces one request.</summary>
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
    private bool hasFirstAudio;

    /// <summary>Starts the trace of a request. Its activity is a child of the caller's current one but does not replace it, because it ends on another thread.</summary>
    /// <param name="telemetry">The instruments.</param>
    /// <param name="logger">The logger.</param>
    /// <param name="time">The clock.</param>
    /// <param name="operation">The operation, such as <c>generate</c>.</param>
    /// <param name="model">The label of the model.</param>
    /// <param name="prompt">The description if it may be recorded, otherwise null.</param>
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
            var printable = PrintableText.Of(prompt, int.MaxValue);
            HostingLog.Prompt(logger, id, printable);
        }
    }

    /// <summary>The request was queued at this position, 1 for the next.</summary>
    public void Accepted(int position) => HostingLog.Accepted(logger, id, operation, model, position);

    /// <summary>The request left the queue and is being served.</summary>
    /// <param name="together">The number of requests in its batch.</param>
    public void Started(int together)
    {
        var waited = time.GetElapsedTime(start);
        telemetry.Waited(waited, tags);
        activity?.AddEvent(new ActivityEvent("started"));
        activity?.SetTag("audiocraft.batch.size", together);
        HostingLog.Started(logger, id, waited.TotalSeconds, together);
    }

    /// <summary>Audio was delivered to the caller.</summary>
    public void Delivered(double seconds, bool isStream)
    {
        telemetry.Delivered(seconds, tags);
        if (isStream && !hasFirstAudio)
        {
            hasFirstAudio = true;
            telemetry.FirstAudio(time.GetElapsedTime(start), tags);
            activity?.AddEvent(new ActivityEvent("first audio"));
        }
    }

    /// <summary>The request ended, with an error or without.</summary>
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
        if (outcome is not (RequestOutcome.Completed or RequestOutcome.Canceled))
        {
            activity?.SetStatus(ActivityStatusCode.Error, error!.Message);
        }

        // The thread that ends the request keeps its own current activity.
        var current = Activity.Current;
        activity?.Dispose();
        Activity.Current = current;
    }
}

/// <summary>The outcomes of requests in metrics and traces.</summary>
internal static class RequestOutcome
{
    public const string Completed = "completed";
    public const string Canceled = "canceled";
    public const string Failed = "failed";
    public const string Invalid = "invalid";
    public const string Dropped = "dropped";
    public const string QueueFull = "queue_full";
    public const string Unavailable = "unavailable";

    public static string Of(Exception? error) => error switch
    {
        null => Completed,
        OperationCanceledException => Canceled,
        ArgumentException or AudioFormatException => Invalid,
        SlowConsumerException => Dropped,
        QueueFullException => QueueFull,
        SoundModelUnavailableException => Unavailable,
        _ => Failed,
    };
}
