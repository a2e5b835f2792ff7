namespace NAudio.Wave;

/// <summary>A stream of samples that knows its format and can be positioned, in bytes.</summary>
public abstract class WaveStream : Stream, IWaveProvider
{
    public abstract WaveFormat WaveFormat { get; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public virtual int BlockAlign => WaveFormat.BlockAlign;

    public virtual TimeSpan CurrentTime
    {
        get => TimeSpan.FromSeconds((double)Position / WaveFormat.AverageBytesPerSecond);
        set
        {
            var position = (long)(value.TotalSeconds * WaveFormat.AverageBytesPerSecond);
            Position = position - (position % BlockAlign);
        }
    }

    public virtual TimeSpan TotalTime => TimeSpan.FromSeconds((double)Length / WaveFormat.AverageBytesPerSecond);

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin)
    {
        Position = offset + (origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => Position,
            _ => Length,
        });
        return Position;
    }

    public override void SetLength(long length) => throw new NotSupportedException("The length of a WaveStream cannot be set.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A WaveStream cannot be written to.");
}
