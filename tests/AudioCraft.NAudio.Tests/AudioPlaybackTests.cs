using TorchSharp;

namespace AudioCraft.NAudio.Tests;

public class AudioPlaybackTests
{
    [AlsaFact]
    public async Task Audio_is_played_to_its_end()
    {
        using var wav = NAudioFileTests.Tones(1);
        var sound = wav.ToWaveStream(24000);
        using var player = AudioPlayback.OpenDevice("null");
        await AudioPlayback.PlayAsync(sound, player).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(sound.Length, sound.Position);
    }

    [AlsaFact]
    public async Task Live_source_plays_until_it_is_canceled()
    {
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

    private static async IAsyncEnumerable<AudioChunk> Never([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }
}
