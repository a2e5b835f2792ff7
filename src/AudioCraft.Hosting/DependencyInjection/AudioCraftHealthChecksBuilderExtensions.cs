using AudioCraft.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks for models.</summary>
public static class AudioCraftHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a health check for a model that was added with <c>AddAudioCraft</c> or <c>AddAudioCraftCodec</c>. It is healthy if the model is ready or is loaded on first use; degraded while the model is
    /// being loaded, while the queue is full, and after three failed requests in a row; and has the failure status if loading failed or the host is stopping.
    /// </summary>
    /// <param name="builder">The health checks builder.</param>
    /// <param name="name">The name of the model; "" for the one without a name.</param>
    /// <param name="failureStatus">The status if the model cannot be used; null for unhealthy.</param>
    /// <param name="tags">Tags for filtering health checks.</param>
    public static IHealthChecksBuilder AddAudioCraft(
        this IHealthChecksBuilder builder, string name = "", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        return builder.Add(new HealthCheckRegistration(
            name.Length == 0 ? "audiocraft" : $"audiocraft:{name}",
            provider => new SoundModelHealthCheck(provider.GetRequiredKeyedService<SoundModelHost>(name)),
            failureStatus,
            tags));
    }
}
