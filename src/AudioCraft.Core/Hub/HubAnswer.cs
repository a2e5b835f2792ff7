using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace AudioCraft.Hub;

/// <summary>Maps failure responses of the Hub to errors that say what to do.</summary>
internal static class HubAnswer
{
    private const int LongestReason = 200;

    /// <summary>The error for a response: permanent, or a transient one.</summary>
    /// <param name="response">A response that is neither a success nor a redirect.</param>
    /// <param name="asked">What was requested.</param>
    /// <param name="page">The repository's page, where terms are accepted.</param>
    /// <param name="hasToken">Whether a token was sent.</param>
    public static Exception Failure(HttpResponseMessage response, string asked, Uri page, bool hasToken)
    {
        var (status, code) = (response.StatusCode, Header(response, "X-Error-Code"));
        return status switch
        {
            HttpStatusCode.TooManyRequests => new TransientException(
                new HubException(HubError.RateLimited, $"{asked}: the Hub limits the rate of requests (429){Asking(response)}. Try again later, or use a token, which has a higher limit."), After(response)),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new TransientException(
                new HubException(HubError.Network, $"{asked}: the server failed ({(int)status}{Reason(response)}). Try again later."),
                status == HttpStatusCode.ServiceUnavailable ? After(response) : null),
            _ => new HubException(Kind(status, code), Sentence(Kind(status, code), asked, page, hasToken, status, response)),
        };
    }

    /// <summary>A header's first value, or null.</summary>
    public static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    private static HubError Kind(HttpStatusCode status, string? code) => (status, code) switch
    {
        (_, "GatedRepo") => HubError.Gated,
        (_, "RevisionNotFound") => HubError.RevisionNotFound,
        (_, "EntryNotFound") => HubError.FileNotFound,
        // The Hub answers 401 for a repository that does not exist, so as not to reveal which private ones do.
        (HttpStatusCode.Unauthorized, null or "RepoNotFound") => HubError.Unauthorized,
        (_, "RepoNotFound") => HubError.RepositoryNotFound,
        (HttpStatusCode.Forbidden, _) => HubError.Unauthorized,
        (HttpStatusCode.NotFound, _) => HubError.RepositoryNotFound,
        _ => HubError.InvalidAnswer,
    };

    private static string Sentence(HubError kind, string asked, Uri page, bool hasToken, HttpStatusCode status, HttpResponseMessage response) => kind switch
    {
        HubError.Gated => $"{asked}: its terms must be accepted first. Open {page}, accept them, and use a token of that account (HF_TOKEN or PretrainedOptions.Token).",
        HubError.Unauthorized when !hasToken => $"{asked}: the repository does not exist, or is not public ({(int)status}). Check the name; for a private model set HF_TOKEN or PretrainedOptions.Token.",
        HubError.Unauthorized => $"{asked}: the token is not accepted, or has no access ({(int)status}{Reason(response)}). Check the name, and the token (HF_TOKEN or PretrainedOptions.Token).",
        HubError.RevisionNotFound => $"{asked}: the branch, tag or commit does not exist. Check PretrainedOptions.Revision.",
        HubError.FileNotFound => $"{asked}: the file does not exist.",
        HubError.RepositoryNotFound => $"{asked}: the repository does not exist{(hasToken ? ", or the token has no access" : "")}. Check the name at {page}.",
        _ => $"{asked}: unexpected response {(int)status}{Reason(response)}. Check the endpoint (HF_ENDPOINT or PretrainedOptions.Endpoint).",
    };

    private static TimeSpan? After(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait < TimeSpan.Zero ? TimeSpan.Zero : wait,
        { Date: { } date } => date - DateTimeOffset.UtcNow is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static string Asking(HttpResponseMessage response) =>
        After(response) is { } wait ? string.Create(CultureInfo.InvariantCulture, $", for {wait.TotalSeconds:F0} s") : "";

    // Text from a server goes into a message: it is shortened, and control characters are removed.
    private static string Reason(HttpResponseMessage response) => Header(response, "X-Error-Message") is { Length: > 0 } text
        ? ": " + new string([.. text.Take(LongestReason).Where(c => !char.IsControl(c))])
        : "";
}
