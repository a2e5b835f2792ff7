using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace SoundBoard;

/// <summary>Limits per client: requests per minute of each kind, and concurrent requests.</summary>
internal static class RateLimits
{
    public const string Generations = "generations", Conversions = "conversions";

    public static void Configure(RateLimiterOptions limits)
    {
        limits.AddPolicy(Generations, context => PerMinute(context, OptionsOf(context).GenerationsPerMinute));
        limits.AddPolicy(Conversions, context => PerMinute(context, OptionsOf(context).ConversionsPerMinute));
        limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(AtOnce);
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limits.OnRejected = (rejected, _) =>
        {
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var known) ? known : TimeSpan.FromSeconds(1);
            return new ValueTask(Problems.WriteAsync(
                rejected.HttpContext, StatusCodes.Status429TooManyRequests, "Too many requests of one client.", wait));
        };
    }

    /// <summary>The key of the client of a request.</summary>
    public static string ClientOf(HttpContext context) => ClientOf(context.Connection.RemoteIpAddress);

    /// <summary>The key of a client: the IPv4 address, or the first 64 bits of the IPv6 address, because a client can use all addresses of its network.</summary>
    public static string ClientOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    private static RateLimitPartition<string> PerMinute(HttpContext context, int requests) =>
        RateLimitPartition.GetTokenBucketLimiter(ClientOf(context), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = requests,
            TokensPerPeriod = Math.Max(1, requests / 30),
            ReplenishmentPeriod = TimeSpan.FromMinutes(Math.Max(1, requests / 30) / (double)requests),
            QueueLimit = 0,
        });

    private static RateLimitPartition<string> AtOnce(HttpContext context) => HttpMethods.IsPost(context.Request.Method)
        ? RateLimitPartition.GetConcurrencyLimiter(ClientOf(context), _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = OptionsOf(context).RequestsAtOnce,
            QueueLimit = 0,
        })
        : RateLimitPartition.GetNoLimiter("");

    private static BoardOptions OptionsOf(HttpContext context) => context.RequestServices.GetRequiredService<IOptions<BoardOptions>>().Value;
}
