using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AudioCraft.Hosting;

/// <summary>
/// Healthy if the model is ready or is loaded on first use. Degraded while the model is being loaded, while the queue is full, and after failed requests in a row.
/// The failure status of the registration if loading failed or the host is stopping.
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
            SoundModelState.Loading when status.Download is { } download => (HealthStatus.Degraded, $"Loading: {download.Fraction:P0} downloaded."),
            SoundModelState.Loading => (HealthStatus.Degraded, "Loading."),
            _ when host.QueueLength >= host.Options.MaxQueueLength => (HealthStatus.Degraded, $"The queue is full: {host.Options.MaxQueueLength} requests are waiting."),
            _ when failures >= FailuresInARow => (HealthStatus.Degraded, $"The last {failures} requests failed: {reason}"),
            SoundModelState.NotLoaded => (HealthStatus.Healthy, "Loaded on first use."),
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
