using Microsoft.AspNetCore.HostFiltering;

namespace SoundBoard;

/// <summary>
/// Outermost in the pipeline, also around the check of <c>AllowedHosts</c>: security headers on every response, and a problem as the body of each error that has none.
/// </summary>
internal sealed class ResponseGuard : IStartupFilter
{
    private const string ContentSecurityPolicy =
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

    /// <summary>Adds the filter before those that the application builder has added.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.Insert(0, ServiceDescriptor.Transient<IStartupFilter, ResponseGuard>());
        services.Configure<HostFilteringOptions>(hosts => hosts.IncludeFailureMessage = false);
    }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, following) =>
        {
            // Error handlers clear the headers, so they are set when the response starts.
            context.Response.OnStarting(() =>
            {
                context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
                context.Response.Headers.XContentTypeOptions = "nosniff";
                return Task.CompletedTask;
            });
            return following(context);
        });
        app.UseStatusCodePages(context => Problems.OfStatus(context.HttpContext));
        next(app);
    };
}
