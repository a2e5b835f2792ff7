using System.Globalization;
using System.Text.Json;
using AudioCraft;
using AudioCraft.Hosting;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.WebUtilities;

namespace SoundBoard;

/// <summary>Reports errors as application/problem+json (RFC 9457).</summary>
internal sealed class Problems : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var answer = AnswerTo(exception);
        if (answer is not { } known)
        {
            return false;
        }

        await WriteAsync(httpContext, known.Status, known.Detail, known.RetryAfter);
        return true;
    }

    /// <summary>Writes the body of a response that has only a status.</summary>
    public static Task OfStatus(HttpContext context) => WriteAsync(context, context.Response.StatusCode, context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => $"{context.Request.Path} does not exist.",
        StatusCodes.Status405MethodNotAllowed => $"{context.Request.Path} does not support {context.Request.Method}.",
        StatusCodes.Status415UnsupportedMediaType => $"The body is of type '{context.Request.ContentType}', but application/json was expected: {GenerateRequest.Shape}",
        StatusCodes.Status500InternalServerError => "Internal error: see the server's log.",
        _ => null,
    });

    public static Task WriteAsync(HttpContext context, int status, string? detail, TimeSpan? retryAfter = null)
    {
        if (retryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return TypedResults.Problem(detail, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status)).ExecuteAsync(context);
    }

    private static (int Status, string Detail, TimeSpan? RetryAfter)? AnswerTo(Exception exception) => exception switch
    {
        Refusal refusal => (refusal.Status, refusal.Message, null),
        BadHttpRequestException { InnerException: JsonException json } => (StatusCodes.Status400BadRequest, OfJson(json), null),
        BadHttpRequestException bad => (bad.StatusCode, bad.Message, null),
        AudioFormatException format => (StatusCodes.Status400BadRequest, format.Message, null),
        QueueFullException full => (StatusCodes.Status429TooManyRequests, full.Message, full.RetryAfter),
        SoundModelUnavailableException unavailable => (StatusCodes.Status503ServiceUnavailable, unavailable.Message, unavailable.RetryAfter),
        _ => null,
    };

    private static string OfJson(JsonException json) =>
        $"The body cannot be read at {json.Path ?? "$"}. Expected: {GenerateRequest.Shape}";
}
