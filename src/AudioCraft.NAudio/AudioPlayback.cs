using System.Runtime.ExceptionServices;
using NAudio.Wave;
using NAudio.Wave.Alsa;

namespace AudioCraft.NAudio;

/// <summary>Playback through the machine's sound device: ALSA on Linux (libasound2), WASAPI on Windows.</summary>
public static class AudioPlayback
{
    /// <summary>A player on the machine's device. Give it a source with <c>Init</c>; the caller disposes of it.</summary>
    /// <param name="device">On Linux the name of an ALSA device (<c>default</c>, <c>hw:0</c>, …); null for the default device, which is the only choice elsewhere.</param>
    /// <exception cref="ArgumentException">A device is named where none can be chosen by name.</exception>
    /// <exception cref="AudioCraftException">There is no such device, it is in use, the library that plays is missing, or the system is neither Windows nor Linux.</exception>
    public static IWavePlayer OpenDevice(string? device = null)
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                return new AlsaOut(device ?? "default");
            }
            catch (AlsaException error)
            {
                throw new AudioCraftException($"The sound device '{device ?? "default"}' cannot be opened: {error.Message}", error);
            }
            catch (DllNotFoundException error)
            {
                throw new AudioCraftException("libasound is not on this machine, and sound on Linux is played through it: apt-get install libasound2.", error);
            }
        }

        if (device is not null)
        {
            throw new ArgumentException($"The device is '{device}', but only on Linux are devices chosen by name: open another one through NAudio itself.", nameof(device));
        }

#if NAUDIO_WASAPI
        if (OperatingSystem.IsWindows())
        {
            try
            {
                return new WasapiPlayerBuilder().WithSharedMode().Build();
            }
            catch (System.Runtime.InteropServices.COMException error)
            {
                throw new AudioCraftException($"The sound device cannot be opened: {error.Message}", error);
            }
        }
#endif
        throw new AudioCraftException("On this system there is no playback through NAudio: it plays on Windows and on Linux. Any IWavePlayer can be given instead.");
    }

    /// <summary>Plays a sound to its end.</summary>
    /// <param name="sound">What to play: a tensor's <see cref="ProviderExtensions.ToSampleProvider"/>, a <see cref="LiveSampleProvider"/>, any other.</param>
    /// <param name="player">A fresh player, which stays the caller's; null for the machine's device.</param>
    /// <param name="cancellationToken">Stops playing.</param>
    /// <returns>A task that ends when all has been heard. What the sound throws, it throws.</returns>
    /// <exception cref="AudioCraftException">The device cannot be opened, does not play such a sound, or fails.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task PlayAsync(ISampleProvider sound, IWavePlayer? player = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sound);
        cancellationToken.ThrowIfCancellationRequested();
        var own = player is null ? OpenDevice() : null;
        var device = player ?? own!;
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Ended(object? sender, StoppedEventArgs stopped) => ended.TrySetResult(stopped.Exception);
        device.PlaybackStopped += Ended;
        try
        {
            device.Init(sound);
            device.Play();
            Exception? failure;
            await using (cancellationToken.Register(device.Stop).ConfigureAwait(false))
            {
                failure = await ended.Task.ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            Throw(failure);
        }
        catch (AlsaException error)
        {
            throw new AudioCraftException($"The sound device fails: {error.Message}", error);
        }
        finally
        {
            device.PlaybackStopped -= Ended;
            own?.Dispose();
        }
    }

    private static void Throw(Exception? failure)
    {
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }
}
