using System.Net;
using System.Net.Http.Headers;
using System.Reflection;

namespace AudioCraft.Hub;

/// <summary>Sends requests to the Hub. The token is sent only to the Hub's own host, redirects are followed manually, and failures are typed.</summary>
internal sealed class HubHttp(HubSettings settings)
{
    private const int MaximumRedirects = 8;

    private static readonly ProductInfoHeaderValue Agent = new("AudioCraft.NET", typeof(HubHttp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");

    // Hosts that have responded.
    private readonly HashSet<string> responsive = new(StringComparer.OrdinalIgnoreCase);

    public HubSettings Settings => settings;

    /// <summary>Sends a request once. The body of the response is not read yet; the caller disposes of it.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="address">Below the endpoint.</param>
    /// <param name="repository">The repository, for messages.</param>
    /// <param name="requested">What is requested, for messages.</param>
    /// <param name="from">First byte, or null for the whole file.</param>
    /// <param name="to">Last byte.</param>
    /// <param name="leaveHost">Whether redirects to other hosts are followed; if not, such a redirect is returned.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="TransientException">A retry may succeed.</exception>
    /// <exception cref="HubException">The failure is permanent.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri address, RepoId repository, string requested, long? from, long? to, bool leaveHost, CancellationToken cancellationToken)
    {
        var at = address;
        for (var redirects = 0; redirects <= MaximumRedirects; redirects++)
        {
            var response = await SendOnceAsync(method, at, requested, from, to, cancellationToken).ConfigureAwait(false);
            try
            {
                if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
                {
                    return response;
                }

                if (!IsRedirect(response.StatusCode))
                {
                    throw ResponseErrors.Failure(response, requested, settings.Address(repository.Value), IsHome(at) && settings.Token is not null);
                }

                var next = Target(response, at, requested);
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

        throw new HubException(HubError.InvalidResponse, $"{requested}: the server redirects more than {MaximumRedirects} times (a redirect loop). The network may require a login, or a proxy is set up incorrectly: open a page in a browser. Otherwise check the endpoint (HF_ENDPOINT or PretrainedOptions.Endpoint).");
    }

    private static bool IsRedirect(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
        or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static bool SameHost(Uri a, Uri b) => a.Scheme == b.Scheme && a.Port == b.Port && string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static Uri Target(HttpResponseMessage response, Uri at, string requested)
    {
        if (response.Headers.Location is not { } location || !Uri.TryCreate(at, location, out var next) || next.Scheme is not ("https" or "http") || next.UserInfo.Length > 0)
        {
            throw new HubException(HubError.InvalidResponse, $"{requested}: the server redirects to an invalid address. Check the endpoint, or try again later.");
        }

        return at.Scheme == "https" && next.Scheme != "https"
            ? throw new HubException(HubError.InvalidResponse, $"{requested}: the server redirects from https to http, which is not followed. The network may require a login (captive portal): open a page in a browser. Otherwise check the endpoint (HF_ENDPOINT or PretrainedOptions.Endpoint).")
            : next;
    }

    private bool IsHome(Uri address) => SameHost(address, settings.Endpoint);

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, string requested, long? from, long? to, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.UserAgent.Add(Agent);
        // With compression, lengths and ranges would not be those of the file.
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
            responsive.Add(address.Authority);
            if (response.RequestMessage?.RequestUri is { } final && final != address)
            {
                response.Dispose();
                throw new HubException(
                    HubError.InvalidResponse, "PretrainedOptions.HttpClient follows redirects, which hides the Hub's responses. Create it with AllowAutoRedirect = false.");
            }

            return response;
        }
        catch (Exception e) when (ConnectionErrors.IsFailure(e, cancellationToken))
        {
            throw Lost(requested, address, e);
        }
    }

    /// <summary>The error for a connection that failed or timed out: permanent, or a transient one.</summary>
    public Exception Lost(string requested, Uri address, Exception error) => ConnectionErrors.Of(error, requested, address, responsive.Contains(address.Authority));
}
