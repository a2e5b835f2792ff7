using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using AudioCraft.NAudio.Alsa;
using NAudio.Wave;

namespace AudioCraft.NAudio;

/// <summary>Playback through the system's audio device: ALSA on Linux (requires libasound2), WASAPI on Windows.</summary>
public static class AudioPlayback
{
    /// <summary>Opens an audio device. Set its source with <c>Init</c> and dispose it after use.</summary>
    /// <param name="device">On Linux the name of an ALSA PCM (<c>default</c>, <c>hw:0</c> …). Null for the default device, the only choice on Windows.</param>
    /// <exception cref="ArgumentException">A device name was given on a system other than Linux.</exception>
    /// <exception cref="AudioCraftException">The device does not exist or is in use, libasound is not installed, or the system is neither Windows nor Linux.</exception>
    public static IWavePlayer OpenDevice(string? device = null)
    {
        if (OperatingSystem.IsLinux())
        {
            return new AlsaOut(device ?? "default");
        }

        if (device is not null)
        {
            throw new ArgumentException($"The device is '{device}', but devices can be selected by name only on Linux: open another device with NAudio.", nameof(device));
        }

        if (OperatingSystem.IsWindows())
        {
            try
            {
                return new WasapiPlayerBuilder().WithSharedMode().Build();
            }
            catch (COMException error)
            {
                throw new AudioCraftException($"The audio device cannot be opened: {error.Message}", error);
            }
        }

        throw new AudioCraftException("NAudio plays audio only on Windows and Linux: on this system, pass your own IWavePlayer.");
    }

    /// <summary>Plays a source to its end.</summary>
    /// <param name="sound">The source, for example <see cref="ProviderExtensions.ToSampleProvider"/> of a tensor or a <see cref="LiveSampleProvider"/>, of which
    /// <see cref="LiveSampleProvider.Playback"/> is played: silence while the model is too slow.</param>
    /// <param name="player">A player without a source, which is not disposed; null for the default device.</param>
    /// <param name="cancellationToken">Stops playback.</param>
    /// <returns>A task that completes after the last sample was played. It fails with the exception that the source throws.</returns>
    /// <exception cref="AudioCraftException">The device cannot be opened, does not support the format, or fails.</exception>
    /// <exception cref="OperationCanceledException">Playback was canceled.</exception>
    public static async Task PlayAsync(ISampleProvider sound, IWavePlayer? player = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sound);
        cancellationToken.ThrowIfCancellationRequested();
        var own = player is null ? OpenDevice() : null;
        var device = player ?? own!;
        var stopped = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnStopped(object? sender, StoppedEventArgs arguments) => stopped.TrySetResult(arguments.Exception);
        device.PlaybackStopped += OnStopped;
        try
        {
            device.Init(sound is LiveSampleProvider live ? live.Playback : sound);
            device.Play();
            Exception? failure;
            await using (cancellationToken.Register(device.Stop).ConfigureAwait(false))
            {
                failure = await stopped.Task.ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (failure is not null)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }
        finally
        {
            device.PlaybackStopped -= OnStopped;
            own?.Dispose();
        }
    }
}
