using AudioCraft.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Health checks of models.</summary>
public static class AudioCraftHealthChecksBuilderExtensions
{
    /// <summary>
    /// Tells the health of a model that <c>AddAudioCraft</c> or <c>AddAudioCraftCodec</c> added. Healthy where it is ready, or will be loaded when it is first asked for; degraded while it is
    /// being loaded, while its queue is full, and after three failures in a row; else it could not be loaded, or the host is stopping.
    /// </summary>
    /// <param name="builder">The checks.</param>
    /// <param name="name">The model's name; "" for the one without.</param>
    /// <param name="failureStatus">What is said where the model cannot be used; null for unhealthy.</param>
    /// <param name="tags">Tags to choose checks by.</param>
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
