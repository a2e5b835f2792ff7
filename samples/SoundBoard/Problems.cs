using System.Globalization;
using System.Text;
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
        StatusCodes.Status400BadRequest when context.Request.Path.HasValue && context.GetEndpoint() is null => $"The request is invalid. Is the host name '{context.Request.Host}' in AllowedHosts?",
        StatusCodes.Status404NotFound => $"{context.Request.Path} does not exist.",
        StatusCodes.Status405MethodNotAllowed => $"{context.Request.Path} does not support {context.Request.Method}.",
        _ => null,
    });

    /// <summary>Adds the detail of errors of the server, whose exceptions are only logged.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        if (context.ProblemDetails.Status == StatusCodes.Status500InternalServerError)
        {
            context.ProblemDetails.Detail ??= "Internal error: see the server's log.";
        }
    }

    public static Task WriteAsync(HttpContext context, int status, string? detail, TimeSpan? retryAfter = null)
    {
        if (retryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return TypedResults.Problem(detail is null ? null : Printable(detail), statusCode: status, title: ReasonPhrases.GetReasonPhrase(status)).ExecuteAsync(context);
    }

    private static (int Status, string Detail, TimeSpan? RetryAfter)? AnswerTo(Exception exception) => exception switch
    {
        Refusal refusal => (refusal.Status, refusal.Message, null),
        BadHttpRequestException bad => (bad.StatusCode, bad.Message, null),
        AudioFormatException format => (StatusCodes.Status400BadRequest, format.Message, null),
        QueueFullException full => (StatusCodes.Status429TooManyRequests, full.Message, full.RetryAfter),
        SoundModelUnavailableException unavailable => (StatusCodes.Status503ServiceUnavailable, unavailable.Message, unavailable.RetryAfter),
        _ => null,
    };

    /// <summary>Replaces control characters, line separators, changes of direction and unpaired surrogates, which terminals and logs of clients may interpret, by <c>\uXXXX</c>.</summary>
    private static string Printable(string text)
    {
        var safe = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune) && Rune.GetUnicodeCategory(rune) is not
                (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
            {
                safe.Append(text, i, rune.Utf16SequenceLength);
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            }
        }

        return safe.ToString();
    }
}
