namespace AudioCraft.Formats;

/// <summary>A file whose errors can be told apart from those of the code that writes to it: they are <see cref="OutputException"/>.</summary>
/// <param name="file">The file, which is closed with the stream.</param>
internal sealed class OutputStream(FileStream file) : Stream
{
    public override bool CanRead => file.CanRead;

    public override bool CanSeek => file.CanSeek;

    public override bool CanWrite => file.CanWrite;

    public override long Length => file.Length;

    public override long Position { get => file.Position; set => file.Position = value; }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return file.Read(buffer);
        }
        catch (IOException error)
        {
            throw new OutputException(error);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            file.Write(buffer);
        }
        catch (IOException error)
        {
            throw new OutputException(error);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => Write([value]);

    public override void Flush() => OutputException.Wrap(file.Flush);

    public override long Seek(long offset, SeekOrigin origin) => OutputException.Wrap(() => file.Seek(offset, origin));

    public override void SetLength(long value) => OutputException.Wrap(() => file.SetLength(value));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            OutputException.Wrap(file.Dispose);
        }

        base.Dispose(disposing);
    }
}
