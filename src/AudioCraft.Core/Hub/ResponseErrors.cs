using System.Globalization;
using System.Net;
using AudioCraft.Formats;

namespace AudioCraft.Hub;

/// <summary>Maps responses other than the Hub's data to errors that state the cause and what to do.</summary>
internal static class ResponseErrors
{
    private const int LongestReason = 200;
    private const string CheckEndpoint = "Check the endpoint (HF_ENDPOINT or PretrainedOptions.Endpoint).";

    /// <summary>The error for a response: permanent, or a transient one.</summary>
    /// <param name="response">A response that is neither a success nor a redirect.</param>
    /// <param name="requested">What was requested, for the message.</param>
    /// <param name="page">The repository's page, where terms are accepted.</param>
    /// <param name="hasToken">Whether a token was sent.</param>
    public static Exception Failure(HttpResponseMessage response, string requested, Uri page, bool hasToken)
    {
        var (status, code) = (response.StatusCode, Header(response, "X-Error-Code"));
        return status switch
        {
            HttpStatusCode.TooManyRequests => new TransientException(
                new HubException(HubError.RateLimited, $"{requested}: the Hub's rate limit was reached (429); retry {Delay(response)}, or use a token, which has a higher limit."), After(response)),
            HttpStatusCode.ProxyAuthenticationRequired => ProxyAuthentication(requested),
            HttpStatusCode.NetworkAuthenticationRequired => WebPage(requested, " (511)"),
            HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported =>
                new HubException(HubError.InvalidResponse, $"{requested}: the server does not support the request ({(int)status}{Reason(response)}). {CheckEndpoint}"),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new TransientException(
                new HubException(HubError.Network, $"{requested}: the server failed ({(int)status}{Reason(response)}). Try again later."),
                status == HttpStatusCode.ServiceUnavailable ? After(response) : null),
            _ => new HubException(Kind(status, code), Sentence(Kind(status, code), requested, page, hasToken, status, response)),
        };
    }

    /// <summary>The error for a proxy that requires a password.</summary>
    public static HubException ProxyAuthentication(string requested) => new(
        HubError.Network,
        $"{requested}: the proxy requires authentication (407). Set HTTPS_PROXY to an address with user name and password (http://user:password@host:port), or configure the proxy in PretrainedOptions.HttpClient.");

    /// <summary>The error for a web page in place of the Hub's data.</summary>
    /// <param name="requested">What was requested, for the message.</param>
    /// <param name="where">Where the page comes from, as a part of the sentence.</param>
    public static HubException WebPage(string requested, string where) => new(
        HubError.InvalidResponse,
        $"{requested}: the response is a web page{where} and not the Hub's data. The network may require a login (captive portal), or a proxy blocks the request: open a page in a browser and log in. Otherwise check the endpoint (HF_ENDPOINT or PretrainedOptions.Endpoint).");

    /// <summary>The error for a redirect from the Hub to another host, where the Hub does not redirect.</summary>
    public static HubException Redirected(string requested, HttpResponseMessage response) =>
        WebPage(requested, response.Headers.Location is { IsAbsoluteUri: true } location ? $" of another host ('{PrintableText.Of(location.Host, LongestReason)}')" : " of another host");

    /// <summary>Whether the body is a web page.</summary>
    public static bool IsWebPage(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType?.ToUpperInvariant() is "TEXT/HTML" or "APPLICATION/XHTML+XML";

    /// <summary>A header's first value, or null.</summary>
    public static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    private static HubError Kind(HttpStatusCode status, string? code) => (status, code) switch
    {
        (_, "GatedRepo") => HubError.Gated,
        (_, "RevisionNotFound") => HubError.RevisionNotFound,
        (_, "EntryNotFound") => HubError.FileNotFound,
        // The Hub responds with 401 for a repository that does not exist, to hide which private ones do.
        (HttpStatusCode.Unauthorized, null or "RepoNotFound") => HubError.Unauthorized,
        (_, "RepoNotFound") => HubError.RepositoryNotFound,
        (HttpStatusCode.Forbidden, _) => HubError.Unauthorized,
        (HttpStatusCode.NotFound, _) => HubError.RepositoryNotFound,
        _ => HubError.InvalidResponse,
    };

    private static string Sentence(HubError kind, string requested, Uri page, bool hasToken, HttpStatusCode status, HttpResponseMessage response) => kind switch
    {
        HubError.Gated => $"{requested}: its terms must be accepted first. Open {page}, accept them, and use a token of that account (HF_TOKEN or PretrainedOptions.Token).",
        HubError.Unauthorized when !hasToken => $"{requested}: the repository does not exist, or is not public ({(int)status}){Blocked(response)}. Check the name; for a private model set HF_TOKEN or PretrainedOptions.Token.",
        HubError.Unauthorized => $"{requested}: the token is not accepted, or has no access ({(int)status}{Reason(response)}){Blocked(response)}. Check the name, and the token (HF_TOKEN or PretrainedOptions.Token).",
        HubError.RevisionNotFound => $"{requested}: the branch, tag or commit does not exist. Check PretrainedOptions.Revision.",
        HubError.FileNotFound => $"{requested}: the file does not exist.",
        HubError.RepositoryNotFound => $"{requested}: the repository does not exist{(hasToken ? ", or the token has no access" : "")}{Blocked(response)}. Check the name at {page}.",
        _ => $"{requested}: unexpected response {(int)status}{Reason(response)}. {CheckEndpoint}",
    };

    private static TimeSpan? After(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait < TimeSpan.Zero ? TimeSpan.Zero : wait,
        { Date: { } date } => date - DateTimeOffset.UtcNow is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static string Delay(HttpResponseMessage response) =>
        After(response) is { } wait ? string.Create(CultureInfo.InvariantCulture, $"after {wait.TotalSeconds:F0} s") : "later";

    // The Hub's own errors have a code; errors of proxies and firewalls are often web pages.
    private static string Blocked(HttpResponseMessage response) =>
        IsWebPage(response) && Header(response, "X-Error-Code") is null ? "; or a proxy or firewall blocks the request, because the response is a web page" : "";

    private static string Reason(HttpResponseMessage response) => Header(response, "X-Error-Message") is { Length: > 0 } text ? ": " + PrintableText.Of(text, LongestReason) : "";
}
