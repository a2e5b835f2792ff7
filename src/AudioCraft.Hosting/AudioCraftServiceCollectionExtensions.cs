using System.Diagnostics.Metrics;
using AudioCraft.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Models of AudioCraft as services.</summary>
public static class AudioCraftServiceCollectionExtensions
{
    /// <summary>
    /// Adds a model that makes sound from text: <see cref="ISoundGenerator"/>, <see cref="ISoundCodec"/> for its codec, and one more <see cref="ISoundModel"/>.
    /// The host loads and unloads it; options are checked when the host starts, or where there is none, when the model is first asked for.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options. <c>services.Configure&lt;AudioCraftOptions&gt;(section)</c> does too.</param>
    /// <exception cref="ArgumentException">A codec was added without a name, too: one of them needs a name.</exception>
    public static IServiceCollection AddAudioCraft(this IServiceCollection services, Action<AudioCraftOptions>? configure = null) =>
        services.AddAudioCraft("", configure);

    /// <summary>Adds a model under a name: the services have it as their key, the options as their name.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name; "" for the model that is injected without one.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="ArgumentException">A codec has that name.</exception>
    /// <inheritdoc cref="AddAudioCraft(IServiceCollection, Action{AudioCraftOptions})"/>
    public static IServiceCollection AddAudioCraft(this IServiceCollection services, string name, Action<AudioCraftOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AudioCraftOptions>, AudioCraftOptionsValidator>());
        if (AddHost(services, name, configure))
        {
            services.AddKeyedSingleton<ISoundGenerator>(name, (provider, _) => new SoundGenerator(
                Host(provider, name), Options<AudioCraftOptions>(provider, name), provider.GetService<TimeProvider>() ?? TimeProvider.System));
            if (name.Length == 0)
            {
                services.AddSingleton(provider => provider.GetRequiredKeyedService<ISoundGenerator>(name));
            }
        }

        return services;
    }

    /// <summary>Adds a codec alone: <see cref="ISoundCodec"/>, and one more <see cref="ISoundModel"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options. <c>services.Configure&lt;AudioCraftCodecOptions&gt;(section)</c> does too.</param>
    /// <exception cref="ArgumentException">A model that generates was added without a name, too: one of them needs a name.</exception>
    public static IServiceCollection AddAudioCraftCodec(this IServiceCollection services, Action<AudioCraftCodecOptions>? configure = null) =>
        services.AddAudioCraftCodec("", configure);

    /// <summary>Adds a codec alone under a name: the services have it as their key, the options as their name.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name; "" for the codec that is injected without one.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="ArgumentException">A model that generates has that name.</exception>
    public static IServiceCollection AddAudioCraftCodec(this IServiceCollection services, string name, Action<AudioCraftCodecOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AudioCraftCodecOptions>, AudioCraftCodecOptionsValidator>());
        AddHost(services, name, configure);
        return services;
    }

    /// <summary>Whether it is new, rather than further options of one that was added before.</summary>
    private static bool AddHost<T>(IServiceCollection services, string name, Action<T>? configure) where T : SoundModelOptions
    {
        var added = (SoundModelRegistration?)services.FirstOrDefault(
            service => service.ServiceType == typeof(SoundModelRegistration) && Equals(service.ServiceKey, name))?.KeyedImplementationInstance;
        if (added is not null && added.Options != typeof(T))
        {
            throw new ArgumentException($"The name '{name}' is that of another model, with {added.Options.Name}.", nameof(name));
        }

        services.AddOptionsWithValidateOnStart<T>(name).Configure(configure ?? (_ => { }));
        if (added is not null)
        {
            return false;
        }

        services.AddKeyedSingleton(name, new SoundModelRegistration(typeof(T)));
        services.TryAddSingleton(provider => new HostingTelemetry(provider.GetService<IMeterFactory>()));
        services.TryAddSingleton<IModelLoader>(provider => new PretrainedLoader(Logger(provider)));
        services.AddKeyedSingleton(name, (provider, _) => new SoundModelHost(
            name, Options<T>(provider, name), provider.GetRequiredService<IModelLoader>(), provider.GetRequiredService<HostingTelemetry>(),
            Logger(provider), provider.GetService<TimeProvider>() ?? TimeProvider.System));
        services.AddKeyedSingleton<ISoundCodec>(name, (provider, _) => new SoundCodec(Host(provider, name)));
        services.AddSingleton<ISoundModel>(provider => Host(provider, name));
        services.AddSingleton<IHostedService>(provider => Host(provider, name));
        if (name.Length == 0)
        {
            services.AddSingleton(provider => provider.GetRequiredKeyedService<ISoundCodec>(name));
        }

        return true;
    }

    private static SoundModelHost Host(IServiceProvider provider, string name) => provider.GetRequiredKeyedService<SoundModelHost>(name);

    private static T Options<T>(IServiceProvider provider, string name) => provider.GetRequiredService<IOptionsMonitor<T>>().Get(name);

    private static ILogger Logger(IServiceProvider provider) =>
        (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger(AudioCraftTelemetry.Name);
}
