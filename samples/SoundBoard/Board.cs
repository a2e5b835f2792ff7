using System.Text.Json.Serialization;
using AudioCraft.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary>Services and endpoints.</summary>
internal static class Board
{
    public static void AddSoundBoard(this IServiceCollection services)
    {
        services.AddOptions<BoardOptions>().BindConfiguration(BoardOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddAudioCraft();
        services.AddOptions<AudioCraftOptions>().Configure<IOptions<BoardOptions>>((model, board) => board.Value.ApplyTo(model));
        // A separate codec, so that files do not wait for generations.
        services.AddAudioCraftCodec(CodecEndpoints.CodecName);
        services.AddOptions<AudioCraftCodecOptions>(CodecEndpoints.CodecName).Configure<IOptions<BoardOptions>>((codec, board) => board.Value.ApplyTo(codec));
        services.AddHealthChecks().AddAudioCraft();
        services.AddSingleton<Conversions>();

        services.AddOptions<KestrelServerOptions>().Configure<IOptions<BoardOptions>>((server, board) => server.Limits.MaxRequestBodySize = board.Value.MaxUploadBytes);
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.AllowDuplicateProperties = false;
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter());
        });
        services.AddExceptionHandler<Problems>();
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Problems.Complete);
        services.AddRateLimiter(RateLimits.Configure);
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<BoardOptions>>((forwarded, board) => board.Value.ApplyTo(forwarded));
        ResponseGuard.AddTo(services);
    }

    public static void UseSoundBoard(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseExceptionHandler();
        app.UseDefaultFiles();
        // Revalidated on each request, so that a new version of the page is used immediately.
        app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "no-cache" });
        app.UseRouting();
        app.UseRateLimiter();

        app.MapHealthChecks("/healthz");
        app.MapGet("/v1/model", ModelEndpoint.Get);
        app.MapGet("/v1/kinds", ModelEndpoint.Kinds);
        app.MapPost("/v1/generate", GenerateEndpoint.Post).RequireRateLimiting(RateLimits.Generations);
        app.MapPost("/v1/encode", CodecEndpoints.Encode).RequireRateLimiting(RateLimits.Conversions);
        app.MapPost("/v1/decode", CodecEndpoints.Decode).RequireRateLimiting(RateLimits.Conversions);
        app.MapPost("/v1/convert", ConvertEndpoint.Post).RequireRateLimiting(RateLimits.Conversions);
    }
}
