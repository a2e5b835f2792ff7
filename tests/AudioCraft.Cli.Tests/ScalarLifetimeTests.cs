using AudioCraft.Tests.Layers;

namespace AudioCraft.Cli.Tests;

/// <summary>The tool computes on worker threads, where a garbage collection can free a temporary scalar during a native call.</summary>
public class ScalarLifetimeTests
{
    [Fact]
    public void Every_scalar_is_kept_alive_during_the_call() => TemporaryScalars.AssertNone(typeof(Application).Assembly);
}
