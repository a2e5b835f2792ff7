using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AudioCraft.Hosting;

/// <summary>
/// Healthy where a model is ready, or will be loaded when it is first asked for. Degraded while it is being loaded, while its queue is full, and after failures in a row.
/// The registration's failure status where it could not be loaded, and when the host is stopping.
/// </summary>
internal sealed class SoundModelHealthCheck(SoundModelHost host) : IHealthCheck
{
    private const int FailuresInARow = 3;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = host.Status;
        var (failures, reason) = host.Record.Failures;
        var (health, text) = status.State switch
        {
            SoundModelState.Failed => (context.Registration.FailureStatus, $"'{host.Options.Model}' could not be loaded: {status.Reason}"),
            SoundModelState.Stopping or SoundModelState.Stopped => (context.Registration.FailureStatus, "The application is shutting down."),
            SoundModelState.Loading when status.Download is { } download => (HealthStatus.Degraded, $"Loading: {download.Fraction:P0} of the download is here."),
            SoundModelState.Loading => (HealthStatus.Degraded, "Loading."),
            _ when host.QueueLength >= host.Options.MaxQueueLength => (HealthStatus.Degraded, $"The queue is full: {host.Options.MaxQueueLength} requests wait."),
            _ when failures >= FailuresInARow => (HealthStatus.Degraded, $"The last {failures} requests failed: {reason}"),
            SoundModelState.NotLoaded => (HealthStatus.Healthy, "It is loaded when it is first asked for."),
            _ => (HealthStatus.Healthy, "Ready."),
        };
        return Task.FromResult(new HealthCheckResult(health, text, data: new Dictionary<string, object>
        {
            ["model"] = host.Label,
            ["state"] = status.State.ToString(),
            ["queue_length"] = host.QueueLength,
            ["failures_in_a_row"] = failures,
        }));
    }
}
