using System.Text.Json;
using AudioCraft.Hosting;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace SoundBoard;

/// <summary>The body of <c>POST /v1/generate</c>. Missing values have the defaults of the model, and a random seed.</summary>
internal sealed record GenerateRequest(string? Prompt, double? Seconds = null, double? Guidance = null, long? Seed = null)
{
    public const double MaxGuidance = 10, MinSeconds = 0.5;

    /// <summary>The largest integer that JavaScript represents exactly.</summary>
    public const long MaxSeed = (1L << 53) - 1;

    public const string Shape = """{ "prompt": text, "seconds": number, "guidance": number, "seed": integer }, of which only the prompt is required.""";

    private const long MaxBodyBytes = 1 << 16;

    /// <summary>Reads the body of a request.</summary>
    /// <exception cref="Refusal">The body is not JSON in UTF-8, or does not have the expected members.</exception>
    public static async ValueTask<GenerateRequest> ReadAsync(HttpRequest request)
    {
        var type = request.ContentType;
        if (!MediaTypeHeaderValue.TryParse(type, out var parsed) || !parsed.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (parsed.Charset.HasValue && !HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw Refusal.UnsupportedType($"The body is of type '{type}', but application/json in UTF-8 was expected: {Shape}");
        }

        if (request.ContentLength > MaxBodyBytes)
        {
            throw Refusal.TooLarge($"The body has {request.ContentLength} bytes, but at most {MaxBodyBytes} are allowed.");
        }

        var options = request.HttpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        using var text = await Upload.BytesAsync(request, MaxBodyBytes);
        try
        {
            return JsonSerializer.Deserialize<GenerateRequest>(text, options) ?? throw Unreadable("$");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not valid UTF-16, such as "\ud800".
            throw Unreadable((error as JsonException)?.Path ?? "$");
        }

        static Refusal Unreadable(string path) => Refusal.BadRequest($"The body cannot be read at {path}. Expected: {Shape}");
    }

    /// <summary>Checks the values and converts them to a request.</summary>
    /// <exception cref="Refusal">A value is invalid.</exception>
    public SoundRequest Checked(BoardOptions board)
    {
        if (string.IsNullOrWhiteSpace(Prompt))
        {
            throw Refusal.BadRequest("The prompt is empty.");
        }

        if (Prompt.Length > board.MaxPromptLength)
        {
            throw Refusal.BadRequest($"The prompt has {Prompt.Length} characters, but at most {board.MaxPromptLength} are allowed.");
        }

        RequireRange("seconds", Seconds, MinSeconds, board.MaxSeconds);
        RequireRange("guidance", Guidance, 0, MaxGuidance);
        RequireRange("seed", Seed, 0, MaxSeed);
        return new SoundRequest(Prompt.Trim()) { Duration = Seconds, CfgCoef = Guidance, Seed = Seed ?? Random.Shared.Next() };
    }

    private static void RequireRange<T>(string name, T? value, T least, T most) where T : struct, IComparable<T>
    {
        if (value is { } given && (given.CompareTo(least) < 0 || given.CompareTo(most) > 0))
        {
            throw Refusal.BadRequest(FormattableString.Invariant($"'{name}' is {given}, but {least} to {most} was expected."));
        }
    }
}
