using System.Diagnostics.Metrics;
using AudioCraft.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds AudioCraft models as services.</summary>
public static class AudioCraftServiceCollectionExtensions
{
    /// <summary>
    /// Adds a generative model as <see cref="ISoundGenerator"/>, its codec as <see cref="ISoundCodec"/>, and the model to the collection of <see cref="ISoundModel"/>.
    /// The host loads and unloads it. Options are validated when the host starts or, without a host, on first use.
    /// </summary>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">Sets the options. They can also be bound with <c>services.Configure&lt;AudioCraftOptions&gt;(section)</c>.</param>
    /// <exception cref="ArgumentException">A codec was added without a name: one of the two needs a name.</exception>
    public static IServiceCollection AddAudioCraft(this IServiceCollection services, Action<AudioCraftOptions>? configure = null) =>
        services.AddAudioCraft("", configure);

    /// <summary>Adds a generative model with a name, which is the key of the services and the name of the options.</summary>
    /// <param name="services">The service collection.</param>
    /// <param name="name">The name; "" for the model that is injected without a key.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="ArgumentException">A codec has the same name.</exception>
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

    /// <summary>
    /// Adds a codec without a language model as <see cref="ISoundCodec"/> and to the collection of <see cref="ISoundModel"/>. If a generative model was added that is loaded from the same
    /// model to the same device with the same precision, both use that model, which is loaded once, and run it in turn; a codec with <see cref="AudioCraftCodecOptions.ConfigureModel"/>
    /// is loaded separately.
    /// </summary>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">Sets the options. They can also be bound with <c>services.Configure&lt;AudioCraftCodecOptions&gt;(section)</c>.</param>
    /// <exception cref="ArgumentException">A generative model was added without a name: one of the two needs a name.</exception>
    public static IServiceCollection AddAudioCraftCodec(this IServiceCollection services, Action<AudioCraftCodecOptions>? configure = null) =>
        services.AddAudioCraftCodec("", configure);

    /// <summary>Adds a codec without a language model with a name, which is the key of the services and the name of the options.</summary>
    /// <param name="services">The service collection.</param>
    /// <param name="name">The name; "" for the codec that is injected without a key.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="ArgumentException">A generative model has the same name.</exception>
    public static IServiceCollection AddAudioCraftCodec(this IServiceCollection services, string name, Action<AudioCraftCodecOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AudioCraftCodecOptions>, AudioCraftCodecOptionsValidator>());
        AddHost(services, name, configure);
        return services;
    }

    /// <summary>Adds the model, or only the options if the name was added before.</summary>
    /// <returns>Whether the name is new.</returns>
    private static bool AddHost<T>(IServiceCollection services, string name, Action<T>? configure) where T : SoundModelOptions
    {
        var added = services.Where(service => !service.IsKeyedService).Select(service => service.ImplementationInstance).OfType<SoundModelRegistration>()
            .FirstOrDefault(registration => registration.Name == name);
        if (added is not null && added.Options != typeof(T))
        {
            throw new ArgumentException($"The name '{name}' is used by another model, with {added.Options.Name}.", nameof(name));
        }

        services.AddOptionsWithValidateOnStart<T>(name).Configure(configure ?? (_ => { }));
        if (added is not null)
        {
            return false;
        }

        services.AddSingleton(new SoundModelRegistration(name, typeof(T)));
        services.TryAddSingleton(provider => new HostingTelemetry(provider.GetService<IMeterFactory>()));
        services.TryAddSingleton<IModelLoader>(provider => new PretrainedLoader(Logger(provider)));
        services.AddKeyedSingleton(name, (provider, _) => Shared(provider, Options<T>(provider, name)));
        services.AddKeyedSingleton(name, (provider, _) => new SoundModelHost(
            name, Options<T>(provider, name), provider.GetRequiredKeyedService<SharedModel>(name), provider.GetRequiredService<HostingTelemetry>(),
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

    /// <summary>The model of the generator whose codec the options name, or a new one.</summary>
    private static SharedModel Shared(IServiceProvider provider, SoundModelOptions options)
    {
        var generator = options is AudioCraftCodecOptions codec
            ? provider.GetServices<SoundModelRegistration>().FirstOrDefault(
                other => other.Options == typeof(AudioCraftOptions) && ModelIdentity.IsCodecOf(codec, Options<AudioCraftOptions>(provider, other.Name)))
            : null;
        return generator is null
            ? new SharedModel(options, provider.GetRequiredService<IModelLoader>())
            : provider.GetRequiredKeyedService<SharedModel>(generator.Name);
    }

    private static SoundModelHost Host(IServiceProvider provider, string name) => provider.GetRequiredKeyedService<SoundModelHost>(name);

    private static T Options<T>(IServiceProvider provider, string name) => provider.GetRequiredService<IOptionsMonitor<T>>().Get(name);

    private static ILogger Logger(IServiceProvider provider) =>
        (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger(AudioCraftTelemetry.Name);
}
