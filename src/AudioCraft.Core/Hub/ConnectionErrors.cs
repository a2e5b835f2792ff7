using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using AudioCraft.Formats;

namespace AudioCraft.Hub;

/// <summary>Maps failures of the connection to errors that state the cause and what to do.</summary>
internal static class ConnectionErrors
{
    private const int LongestDetail = 300;
    private const string CheckConnection = "Check the network connection";

    /// <summary>Whether the exception is a failure of the connection and not a cancellation by the caller.</summary>
    public static bool IsFailure(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>The error for a failure: permanent, or a transient one.</summary>
    /// <param name="error">The exception of the HTTP client or the stream.</param>
    /// <param name="requested">What was requested, for the message.</param>
    /// <param name="address">The address.</param>
    /// <param name="hasResponded">Whether the host responded earlier, so that it exists and the failure is probably temporary.</param>
    public static Exception Of(Exception error, string requested, Uri address, bool hasResponded)
    {
        var (host, detail) = (address.Host, Detail(error));
        switch (error)
        {
            case OperationCanceledException:
                return Transient($"{host} does not respond. {CheckConnection} and proxies (HTTPS_PROXY), and try again; the download resumes.", !hasResponded);
            case HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }:
                return Transient($"the name of the host {host} cannot be resolved (DNS): {detail}. {CheckConnection}, and HF_ENDPOINT and HTTPS_PROXY if they are set.", !hasResponded);
            case HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }:
                return Transient($"{host} cannot be reached: {detail}. {CheckConnection}, firewalls and proxies (HTTPS_PROXY), and try again; the download resumes.", !hasResponded);
            case HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } when detail.Contains("407", StringComparison.Ordinal):
                return ResponseErrors.ProxyAuthentication(requested);
            case HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError }:
                return Permanent($"the proxy refuses the connection: {detail}. Check HTTPS_PROXY or PretrainedOptions.HttpClient.");
            case HttpRequestException { InnerException: AuthenticationException }:
                return Permanent($"the TLS connection to {host} failed: {detail}. Check the system's clock and certificates, and whether the network requires a login or a proxy inspects TLS.");
            default:
                return Transient($"the connection to {host} was lost: {detail}. {CheckConnection} and try again; the download resumes.", isUnreachable: false);
        }

        HubException Permanent(string text) => new(HubError.Network, $"{requested}: {text}", error);

        TransientException Transient(string text, bool isUnreachable) => new(Permanent(text), isUnreachable: isUnreachable);
    }

    // The innermost message is the most precise one: "Connection refused", "UntrustedRoot". It may quote the server's bytes.
    private static string Detail(Exception error)
    {
        var message = error.InnerException switch
        {
            AuthenticationException inner => inner.InnerException?.Message ?? inner.Message,
            SocketException inner => string.Create(CultureInfo.InvariantCulture, $"{inner.Message} ({inner.SocketErrorCode})"),
            _ => error.Message,
        };
        return PrintableText.Of(message, LongestDetail).TrimEnd('.');
    }
}
