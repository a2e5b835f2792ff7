using NLayer;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>MP3, decoded by NLayer.</summary>
internal sealed class Mp3Decoder : ManagedDecoder
{
    private readonly Stream stream;
    private MpegFile file = null!;

    public Mp3Decoder(Stream stream, string name) : base(name)
    {
        this.stream = stream;
        Try(() =>
        {
            Reopen();
            (Channels, SampleRate) = (file.Channels, file.SampleRate);
            Frames = Math.Max(0, file.Length / sizeof(float) / Channels);
        });
    }

    public override void Dispose() => file.Dispose();

    protected override int ReadSamples(Span<float> buffer) => file.ReadSamples(buffer);

    protected override void Reopen()
    {
        file?.Dispose();
        stream.Position = 0;
        file = new MpegFile(stream); // does not own the stream
    }
}
