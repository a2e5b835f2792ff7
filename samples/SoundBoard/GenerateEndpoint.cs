using System.Globalization;
using AudioCraft.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary>
/// <c>POST /v1/generate</c>: a WAV file that is sent while it is generated. Its length is announced, so that a client recognizes an incomplete response.
/// </summary>
internal static class GenerateEndpoint
{
    public const string SeedHeader = "AudioCraft-Seed", WarningHeader = "AudioCraft-Warning";

    private const string UnknownKind = "The prompt names no kind of audio that the model was trained on. The result is one of the kinds in /v1/kinds.";

    public static async Task Post(ISoundGenerator generator, IOptions<BoardOptions> options, HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        var wanted = (await GenerateRequest.ReadAsync(context.Request)).Checked(options.Value);
        var model = await generator.LoadAsync(cancellationToken);
        var frames = FramesOf(wanted.Duration ?? Math.Min(model.Defaults!.Duration, options.Value.MaxSeconds), model);
        await using var sound = Stream(generator.ForClient(RateLimits.ClientOf(context)), wanted, cancellationToken);
        WavBody? body = null;
        await foreach (var chunk in sound.WithCancellation(cancellationToken))
        {
            // The response starts with the first chunk, so that earlier errors get their own status.
            body ??= Begin(context, wanted, sound.Seed, frames, model);
            await body.WriteAsync(chunk, cancellationToken);
        }

        if (body is null || !body.IsComplete)
        {
            throw new InvalidOperationException($"The model generated {body?.Frames ?? 0} samples per channel instead of {frames}.");
        }
    }

    // Durations are rounded down to whole frames of codes, as the model does.
    private static long FramesOf(double seconds, SoundModelInfo model) => (long)((int)(seconds * model.FrameRate) * (model.SampleRate / model.FrameRate));

    private static LiveSound Stream(ISoundGenerator generator, SoundRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return generator.Stream(request, cancellationToken: cancellationToken);
        }
        catch (ArgumentException error)
        {
            throw Refusal.BadRequest(error.Message);
        }
    }

    private static WavBody Begin(HttpContext context, SoundRequest request, long seed, long frames, SoundModelInfo model)
    {
        var body = new WavBody(context.Response.BodyWriter, frames, model.Channels, model.SampleRate);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "audio/wav";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers[SeedHeader] = seed.ToString(CultureInfo.InvariantCulture);
        if (!model.KnownKinds.Includes(request.Description))
        {
            context.Response.Headers[WarningHeader] = UnknownKind;
        }

        return body;
    }
}
