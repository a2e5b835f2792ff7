using System.Globalization;
using AudioCraft.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary>
/// <c>POST /v1/generate</c>: a WAV file that is sent while it is made. Its length is known and said beforehand, so that a sound that breaks off cannot be taken for a whole one.
/// </summary>
internal static class GenerateEndpoint
{
    public const string SeedHeader = "AudioCraft-Seed";

    public static async Task Post(GenerateRequest request, ISoundGenerator generator, IOptions<BoardOptions> options, HttpContext context)
    {
        var cancelled = context.RequestAborted;
        var wanted = request.Checked(options.Value);
        var model = await generator.LoadAsync(cancelled);
        var frames = FramesOf(wanted.Duration ?? Math.Min(model.Defaults!.Duration, options.Value.MaxSeconds), model);
        await using var sound = Stream(generator, wanted, cancelled);
        WavBody? body = null;
        await foreach (var chunk in sound.WithCancellation(cancelled))
        {
            // Only now, so that what goes wrong before the first sound still gets an answer of its own.
            body ??= Begin(context, sound.Seed, frames, model);
            await body.WriteAsync(chunk, cancelled);
        }

        if (body is null || !body.IsWhole)
        {
            throw new InvalidOperationException($"The model made {body?.Frames ?? 0} frames of sound instead of {frames}.");
        }
    }

    // Lengths are cut down to whole frames of codes, as the model does it.
    private static long FramesOf(double seconds, SoundModelInfo model) => (long)((int)(seconds * model.FrameRate) * (model.SampleRate / model.FrameRate));

    private static LiveSound Stream(ISoundGenerator generator, SoundRequest request, CancellationToken cancelled)
    {
        try
        {
            return generator.Stream(request, cancellationToken: cancelled);
        }
        catch (ArgumentException error)
        {
            throw Refusal.BadRequest(error.Message);
        }
    }

    private static WavBody Begin(HttpContext context, long seed, long frames, SoundModelInfo model)
    {
        var body = new WavBody(context.Response.BodyWriter, frames, model.Channels, model.SampleRate);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "audio/wav";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers[SeedHeader] = seed.ToString(CultureInfo.InvariantCulture);
        return body;
    }
}
