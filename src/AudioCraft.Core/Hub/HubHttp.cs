using System.Net;
using System.Net.Http.Headers;
using System.Reflection;

namespace AudioCraft.Hub;

/// <summary>Requests to the Hub: with the token, which goes to the Hub's own host alone; with redirects followed by hand; every failure typed.</summary>
internal sealed class HubHttp(HubSettings settings)
{
    private const int MaximumRedirects = 8;

    private static readonly ProductInfoHeaderValue Agent = new("AudioCraft.NET", typeof(HubHttp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");

    public HubSettings Settings => settings;

    /// <summary>Sends a request once. The answer's body has not been read; the caller disposes of it.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="address">Below the endpoint.</param>
    /// <param name="repository">What it is about, for messages.</param>
    /// <param name="asked">What is asked for, for messages.</param>
    /// <param name="from">First byte that is wanted, or null for all.</param>
    /// <param name="to">Last byte that is wanted.</param>
    /// <param name="leaveHost">Whether redirects to other hosts are followed; if not, such a redirect is the answer.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TransientException">It may work the next time.</exception>
    /// <exception cref="HubException">It will not.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri address, RepoId repository, string asked, long? from, long? to, bool leaveHost, CancellationToken cancellationToken)
    {
        var at = address;
        for (var redirects = 0; redirects <= MaximumRedirects; redirects++)
        {
            var response = await SendOnceAsync(method, at, asked, from, to, cancellationToken).ConfigureAwait(false);
            try
            {
                if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
                {
                    return response;
                }

                if (!IsRedirect(response.StatusCode))
                {
                    throw HubAnswer.Failure(response, asked, settings.Address(repository.Value), IsHome(at) && settings.Token is not null);
                }

                var next = Target(response, at, asked);
                if (!leaveHost && !SameHost(next, at))
                {
                    return response;
                }

                at = next;
            }
            catch
            {
                response.Dispose();
                throw;
            }

            response.Dispose();
        }

        throw new HubException(HubError.InvalidAnswer, $"{asked}: the server redirects more than {MaximumRedirects} times. Check the endpoint, or try again later.");
    }

    private static bool IsRedirect(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
        or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static bool SameHost(Uri a, Uri b) => a.Scheme == b.Scheme && a.Port == b.Port && string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static Uri Target(HttpResponseMessage response, Uri at, string asked)
    {
        if (response.Headers.Location is not { } location || !Uri.TryCreate(at, location, out var next) || next.Scheme is not ("https" or "http") || next.UserInfo.Length > 0)
        {
            throw new HubException(HubError.InvalidAnswer, $"{asked}: the server redirects to nowhere. Check the endpoint, or try again later.");
        }

        return at.Scheme == "https" && next.Scheme != "https"
            ? throw new HubException(HubError.InvalidAnswer, $"{asked}: the server redirects from https to http, which is not followed. Check the endpoint.")
            : next;
    }

    private bool IsHome(Uri address) => SameHost(address, settings.Endpoint);

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, string asked, long? from, long? to, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.UserAgent.Add(Agent);
        // Compressed on the way, lengths and ranges would be those of something else.
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (settings.Token is not null && IsHome(address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", settings.Token);
        }

        if (from is not null)
        {
            request.Headers.Range = new RangeHeaderValue(from, to);
        }

        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(settings.Timings.Silence);
        try
        {
            var response = await settings.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token).ConfigureAwait(false);
            if (response.RequestMessage?.RequestUri is { } answered && answered != address)
            {
                response.Dispose();
                throw new HubException(
                    HubError.InvalidAnswer, "PretrainedOptions.HttpClient follows redirects by itself, which hides the Hub's answers. Make it with AllowAutoRedirect = false.");
            }

            return response;
        }
        catch (Exception e) when (IsBroken(e, cancellationToken))
        {
            throw Broken(asked, e);
        }
    }

    /// <summary>Whether the exception is a connection's, and not the caller's wish to end.</summary>
    public static bool IsBroken(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>A connection that broke or fell silent.</summary>
    public TransientException Broken(string asked, Exception error)
    {
        var what = error is OperationCanceledException ? "the server is silent" : error.Message;
        return new(new HubException(
            HubError.Network, $"{asked}: {settings.Endpoint.Host} cannot be reached, or breaks off: {what} Check the connection and call again: what has arrived is kept.", error));
    }
}
