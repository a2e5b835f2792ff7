using TorchSharp;

namespace AudioCraft.NAudio.Tests;

/// <summary>Uses ALSA's device "null", which always exists and plays nothing. Without ALSA, the error is tested instead.</summary>
public class AudioPlaybackTests
{
    private static readonly bool HasAlsa = OperatingSystem.IsLinux() && NativeLibraries.HasAlsa;

    [Fact]
    public async Task Audio_is_played_to_its_end()
    {
        if (!HasAlsa)
        {
            RequireError();
            return;
        }

        using var wav = NAudioFileTests.Tones(1);
        var sound = wav.ToWaveStream(24000);
        using var player = AudioPlayback.OpenDevice("null");
        await AudioPlayback.PlayAsync(sound, player).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(sound.Length, sound.Position);
    }

    [Fact]
    public async Task Live_source_plays_until_it_is_canceled()
    {
        if (!HasAlsa)
        {
            RequireError();
            return;
        }

        using var cancel = new CancellationTokenSource();
        await using var live = new LiveSampleProvider(Never(), 24000, 2);
        using var player = AudioPlayback.OpenDevice("null");
        var playing = AudioPlayback.PlayAsync(live, player, cancel.Token);
        Assert.True(SpinWait.SpinUntil(() => live.Silence > TimeSpan.Zero, TimeSpan.FromSeconds(60)));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => playing.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Unknown_device_is_a_typed_error()
    {
        var error = Record.Exception(() => AudioPlayback.OpenDevice("no-such-device"));
        Assert.True(OperatingSystem.IsLinux() ? error is AudioCraftException : error is ArgumentException, $"{error}");
    }

    private static void RequireError()
    {
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains("libasound2", Assert.Throws<AudioCraftException>(() => AudioPlayback.OpenDevice("null")).Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Throws<ArgumentException>(() => AudioPlayback.OpenDevice("null"));
        }
    }

    private static async IAsyncEnumerable<AudioChunk> Never([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }
}
