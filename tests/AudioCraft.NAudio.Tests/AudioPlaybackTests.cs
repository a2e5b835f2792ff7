using System.Runtime.InteropServices;
using TorchSharp;

namespace AudioCraft.NAudio.Tests;

/// <summary>On ALSA's device that is always there and heard by nobody. Where there is no ALSA, the error says so.</summary>
public class AudioPlaybackTests
{
    private static readonly bool HasAlsa = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libasound.so.2", out _);

    [Fact]
    public async Task A_sound_is_played_to_its_end()
    {
        if (!HasAlsa)
        {
            Assert.ThrowsAny<Exception>(() => AudioPlayback.OpenDevice("null"));
            return;
        }

        using var wav = NAudioFileTests.Tones(1);
        var sound = wav.ToWaveStream(24000);
        using var player = AudioPlayback.OpenDevice("null");
        await AudioPlayback.PlayAsync(sound, player).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(sound.Length, sound.Position);
    }

    [Fact]
    public async Task A_sound_that_is_still_made_plays_until_it_is_cancelled()
    {
        if (!HasAlsa)
        {
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
    public void A_device_that_is_not_there_is_a_typed_error()
    {
        if (OperatingSystem.IsLinux())
        {
            Assert.Throws<AudioCraftException>(() => AudioPlayback.OpenDevice("no-such-device"));
        }
    }

    private static async IAsyncEnumerable<AudioChunk> Never([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }
}
