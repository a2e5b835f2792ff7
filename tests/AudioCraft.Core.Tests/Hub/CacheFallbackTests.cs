using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AudioCraft.Checkpoints;

namespace AudioCraft.Tests.Hub;

/// <summary>When the Hub does not provide a model: the cache is used with a warning, or the error states the cause.</summary>
public class CacheFallbackTests
{
    private const string OtherCommit = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    public static TheoryData<string, HubError, string> Failures => new()
    {
        { "401", HubError.Unauthorized, "401" },
        { "403", HubError.Unauthorized, "403" },
        { "403 page", HubError.Unauthorized, "firewall" },
        { "404 page", HubError.RepositoryNotFound, "firewall" },
        { "407", HubError.Network, "proxy requires authentication (407)" },
        { "418", HubError.InvalidResponse, "418" },
        { "429", HubError.RateLimited, "429" },
        { "500", HubError.Network, "500" },
        { "501", HubError.InvalidResponse, "501" },
        { "503", HubError.Network, "503" },
        { "511", HubError.InvalidResponse, "captive portal" },
        { "page", HubError.InvalidResponse, "captive portal" },
        { "page with unusual case", HubError.InvalidResponse, "captive portal" },
        { "page without a type", HubError.InvalidResponse, "captive portal" },
        { "login on another host", HubError.InvalidResponse, "login.example" },
        { "login on the same host", HubError.InvalidResponse, "captive portal" },
        { "loop", HubError.InvalidResponse, "redirect loop" },
        { "truncated JSON", HubError.InvalidResponse, "not valid" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Failing_Hub_is_a_typed_error_without_a_cache_and_a_warning_with_one(string how, HubError error, string cause)
    {
        using var hub = new HubFixture();
        hub.Hub.Misbehave = request => Response(how, request);
        Assert.Contains(cause, hub.Fails(error).Message, StringComparison.Ordinal);
        hub.Hub.Misbehave = null;
        hub.Find();
        hub.Hub.Misbehave = request => Response(how, request);
        var log = new LogRecorder();
        Assert.Equal(hub.Snapshot, hub.Find(options: hub.Options with { Logger = log }));
        Assert.Contains(log.Warnings, warning => warning.Contains("using the cache", StringComparison.Ordinal) && warning.Contains(cause, StringComparison.Ordinal));
    }

    [Fact]
    public void Unknown_host_is_retried_once_and_named()
    {
        using var hub = new HubFixture();
        AssertUnreachable(hub, hub.Options with { Endpoint = new Uri("http://no-such-host.invalid") }, "no-such-host.invalid", waits: 1);
    }

    [Fact]
    public void Refused_connection_is_retried_once_and_named()
    {
        using var hub = new HubFixture();
        using var closed = new LocalHub();
        closed.Dispose();
        AssertUnreachable(hub, hub.Options with { Endpoint = closed.Address }, "ConnectionRefused", waits: 1);
    }

    [Fact]
    public async Task Untrusted_certificate_is_not_retried()
    {
        using var hub = new HubFixture();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var serving = ServeTlsAsync(listener, stop.Token);
        await Task.Run(() => AssertUnreachable(hub, hub.Options with { Endpoint = new Uri($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}") }, "TLS", waits: 0));
        await stop.CancelAsync();
        await serving;
    }

    [Fact]
    public void Proxy_that_refuses_a_tunnel_is_not_retried()
    {
        using var hub = new HubFixture();
        using var proxy = new LocalHub { Misbehave = _ => new HubResponse(407, [], ("Proxy-Authenticate", "Basic realm=\"x\"")) };
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, Proxy = new WebProxy(proxy.Address) });
        AssertUnreachable(hub, hub.Options with { Endpoint = new Uri("https://hub.example"), HttpClient = client }, "proxy requires authentication (407)", waits: 0);
    }

    [Theory]
    [InlineData("403")]
    [InlineData("page")]
    [InlineData("login on another host")]
    [InlineData("wrong hash")]
    public void Failing_download_of_a_newer_commit_uses_the_older_snapshot_now_and_offline(string how)
    {
        using var hub = new HubFixture();
        var older = AddSnapshot(hub, OtherCommit);
        hub.WriteRef("main", OtherCommit);
        hub.Hub.Misbehave = request => request.IsFile ? how == "wrong hash" && request.Method == "GET" ? new HubResponse(200, new byte[24]) : how == "wrong hash" ? null : Response(how, request) : null;
        var log = new LogRecorder();
        Assert.Equal(older, hub.Find(options: hub.Options with { Logger = log }));
        Assert.Contains(log.Warnings, warning => warning.Contains("using the cache", StringComparison.Ordinal));
        Assert.Equal(older, hub.Find(options: hub.Options with { Offline = true }));
        hub.Hub.Misbehave = null;
        Assert.Equal(hub.Snapshot, hub.Find());
        Assert.Equal(LocalHub.Commit, File.ReadAllText(Path.Combine(hub.Repository, "refs", "main")));
    }

    [Fact]
    public void Web_page_in_place_of_a_large_file_is_not_retried_or_stored()
    {
        using var hub = new HubFixture();
        hub.Cdn.Misbehave = request => Response("page", request);
        Assert.Contains("captive portal", hub.Fails(HubError.InvalidResponse).Message, StringComparison.Ordinal);
        Assert.Single(hub.Cdn.Requests);
        Assert.DoesNotContain(Directory.GetFiles(Path.GetDirectoryName(hub.WeightsBlob)!, "*.incomplete"), file => new FileInfo(file).Length > 0);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("cccccccccccccccccccccccccccccccccccccccc")]
    public void Missing_or_older_ref_uses_the_existing_snapshot(string? stored)
    {
        using var hub = new HubFixture();
        var existing = AddSnapshot(hub, OtherCommit);
        if (stored is not null)
        {
            hub.WriteRef("main", stored);
        }

        var log = new LogRecorder();
        Assert.Equal(existing, hub.Find(options: hub.Options with { Offline = true, Logger = log }));
        Assert.Contains(log.Warnings, warning => warning.Contains(OtherCommit, StringComparison.Ordinal));
        hub.Hub.Misbehave = request => Response("403", request);
        Assert.Equal(existing, hub.Find());
        // Another branch may be another model.
        hub.Fails(HubError.Offline, options: hub.Options with { Offline = true, Revision = "v2" });
    }

    [Fact]
    public void Ref_that_cannot_be_stored_is_logged_and_ignored()
    {
        using var hub = new HubFixture();
        hub.Find();
        Directory.Delete(Path.Combine(hub.Repository, "refs"), recursive: true);
        // Tests may run as root, for whom no directory is read-only: a file in the way of the directory.
        File.WriteAllText(Path.Combine(hub.Repository, "refs"), "");
        var before = Directory.GetFileSystemEntries(hub.Cache, "*", SearchOption.AllDirectories).Order();
        var log = new LogRecorder();
        Assert.Equal(hub.Snapshot, hub.Find(options: hub.Options with { Logger = log }));
        Assert.Empty(log.Warnings);
        Assert.Contains(log.Information, entry => entry.Contains("cannot be stored", StringComparison.Ordinal));
        Assert.Equal(before, Directory.GetFileSystemEntries(hub.Cache, "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public void Refresh_of_a_complete_cache_does_not_wait_for_a_slow_server()
    {
        using var hub = new HubFixture();
        hub.Find();
        hub.Hub.Misbehave = _ => new HubResponse(429, [], ("Retry-After", "60"));
        Assert.Equal(hub.Snapshot, hub.Find());
        Assert.Empty(hub.Waits);
    }

    private static void AssertUnreachable(HubFixture hub, PretrainedOptions options, string cause, int waits)
    {
        Assert.Contains(cause, hub.Fails(HubError.Network, options: options).Message, StringComparison.Ordinal);
        Assert.Equal(waits, hub.Waits.Count);
        hub.Find();
        var log = new LogRecorder();
        Assert.Equal(hub.Snapshot, hub.Find(options: options with { Logger = log }));
        Assert.Contains(log.Warnings, warning => warning.Contains("using the cache", StringComparison.Ordinal) && warning.Contains(cause, StringComparison.Ordinal));
    }

    private static HubResponse? Response(string how, HubRequest request)
    {
        var page = "<html>Log in</html>"u8.ToArray();
        return how switch
        {
            "page" => new HubResponse(200, page, ("Content-Type", "text/html; charset=utf-8")),
            "page with unusual case" => new HubResponse(200, page, ("Content-Type", "Text/HTML")),
            "page without a type" => new HubResponse(200, page),
            "login on another host" => new HubResponse(302, [], ("Location", "http://login.example/?to=hub")),
            "login on the same host" => request.Path == "/login" ? new HubResponse(200, page, ("Content-Type", "text/html")) : new HubResponse(302, [], ("Location", "/login")),
            "loop" => new HubResponse(302, [], ("Location", request.Path.EndsWith('x') ? "/y" : "/x")),
            "truncated JSON" => new HubResponse(200, "{\"sha\": \"aaaa"u8.ToArray(), ("Content-Type", "application/json")),
            _ when how.Split(' ') is [var status, "page"] => new HubResponse(int.Parse(status, System.Globalization.CultureInfo.InvariantCulture), page, ("Content-Type", "text/html")),
            _ => new HubResponse(int.Parse(how, System.Globalization.CultureInfo.InvariantCulture), []),
        };
    }

    /// <summary>A complete snapshot of another commit, as files.</summary>
    private static string AddSnapshot(HubFixture hub, string commit)
    {
        var directory = Path.Combine(hub.Repository, "snapshots", commit);
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, CheckpointFiles.Config), "{}");
        File.WriteAllBytes(Path.Combine(directory, CheckpointFiles.Weights), Encoding.ASCII.GetBytes("older"));
        return directory;
    }

    private static async Task ServeTlsAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(cancellationToken);
                using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(certificate);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The client rejects the certificate, or the test ends.
            }
        }
    }
}
