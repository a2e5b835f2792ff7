namespace AudioCraft.NAudio.SoundFile;

/// <summary>Every format that libsndfile reads.</summary>
internal sealed class LibSndFileDecoder : SoundDecoder
{
    private readonly NativeSoundFile file;
    private readonly string name;

    public LibSndFileDecoder(Stream stream, string name)
    {
        this.name = name;
        var info = default(LibSndFile.Info);
        file = new NativeSoundFile(stream, name, LibSndFile.Read, ref info);
        Channels = info.Channels;
        SampleRate = info.SampleRate;
        HasExactLength = (info.Format & LibSndFile.MajorFormatMask) == LibSndFile.Flac;
        Frames = info.Frames > 0 ? info.Frames : MeasureFrames();
    }

    public override int Read(Span<float> buffer) => file.ReadFrames(buffer, buffer.Length / Channels) * Channels;

    public override long Seek(long frame) =>
        file.SeekFrame(frame, 0) is var reached and >= 0 ? reached : throw new AudioFormatException($"{name}: libsndfile cannot move to frame {frame}.");

    public override void Dispose() => file.Dispose();

    /// <summary>Some files state their length only at their end.</summary>
    private long MeasureFrames()
    {
        try
        {
            var end = file.SeekFrame(0, 2);
            _ = file.SeekFrame(0, 0);
            return Math.Max(0, end);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
