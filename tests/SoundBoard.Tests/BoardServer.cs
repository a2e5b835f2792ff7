using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace SoundBoard.Tests;

/// <summary>The application in memory, with small limits.</summary>
public sealed class BoardServer : WebApplicationFactory<Program>
{
    private readonly Dictionary<string, string> settings = new()
    {
        ["MaxSeconds"] = "6",
        ["MaxPromptLength"] = "80",
        ["MaxUploadBytes"] = "2000000",
        ["MaxUploadSeconds"] = "5",
        ["GenerationsPerMinute"] = "100000",
        ["ConversionsPerMinute"] = "100000",
        ["RequestsAtOnce"] = "1000",
    };

    private IPAddress? source;

    public BoardServer With(string name, string value)
    {
        settings[name] = value;
        return this;
    }

    /// <summary>Requests come from this address.</summary>
    public BoardServer From(string address)
    {
        source = IPAddress.Parse(address);
        return this;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        foreach (var (name, value) in settings)
        {
            builder.UseSetting($"SoundBoard:{name}", value);
        }

        builder.UseSetting("Logging:LogLevel:Default", "Warning");
        if (source is not null)
        {
            builder.ConfigureServices(services => services.Insert(0, ServiceDescriptor.Transient<IStartupFilter>(_ => new Source(source))));
        }
    }
}

/// <summary>Sets the address of the client, which the server in memory does not have.</summary>
internal sealed class Source(IPAddress address) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, following) =>
        {
            context.Connection.RemoteIpAddress = address;
            return following(context);
        });
        next(app);
    };
}

/// <summary>Requests and assertions.</summary>
internal static class Exchange
{
    public static Task<HttpResponseMessage> Generate(this HttpClient client, string json, CancellationToken cancellationToken = default) =>
        client.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/v1/generate") { Content = new StringContent(json, Encoding.UTF8, "application/json") },
            HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    public static Task<HttpResponseMessage> Send(this HttpClient client, string path, byte[] body, string? type = "audio/wav")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return client.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    /// <summary>Asserts a problem of RFC 9457 with this status and these words in the detail.</summary>
    public static async Task RefusedAsync(this HttpResponseMessage response, int status, string words)
    {
        Assert.Equal((status, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var text = await response.Content.ReadAsStringAsync();
        using var problem = JsonDocument.Parse(text);
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.RootElement.GetProperty("title").GetString());
        Assert.Contains(words, problem.RootElement.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    public static async Task<byte[]> BytesAsync(this HttpResponseMessage response, string type)
    {
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {(response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync())}");
        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadAsByteArrayAsync();
    }
}
