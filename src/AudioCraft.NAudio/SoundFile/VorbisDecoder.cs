using NVorbis;
using NVorbis.Contracts;
using NVorbis.Ogg;
using IPacketProvider = NVorbis.Contracts.IPacketProvider;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>Ogg Vorbis with up to two channels, decoded by NVorbis. Of a chained file, the first stream is read.</summary>
internal sealed class VorbisDecoder : ManagedDecoder
{
    /// <summary>NVorbis 0.10 mixes up the samples of the channels if there are more.</summary>
    private const int MaxChannels = 2;

    private readonly Stream stream;
    private ContainerReader? container;
    private StreamDecoder? decoder;
    private long remaining;

    public VorbisDecoder(Stream stream, string name) : base(name)
    {
        this.stream = stream;
        try
        {
            Try(() =>
            {
                using (OpenContainer(out var packets))
                {
                    VorbisHeaders.Check(packets);
                }

                Reopen();
                (Channels, SampleRate, Frames) = (decoder!.Channels, decoder.SampleRate, remaining);
                if (Channels > MaxChannels)
                {
                    throw NativeLibraries.SoundFileMissing($"Reading {name}, Ogg Vorbis with {Channels} channels,");
                }
            });
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override void Dispose()
    {
        decoder?.Dispose();
        container?.Dispose();
        (decoder, container) = (null, null);
    }

    protected override int ReadSamples(Span<float> buffer)
    {
        // The last packet of a file usually has more samples than the file.
        ObjectDisposedException.ThrowIf(decoder is null, this);
        var read = decoder.Read(buffer, 0, (int)Math.Min(buffer.Length, remaining * Channels));
        remaining -= read / Channels;
        return read;
    }

    protected override void Reopen()
    {
        Dispose();
        container = OpenContainer(out var packets);
        decoder = new StreamDecoder(new PacketsWithoutPosition(packets)) { ClipSamples = false };
        remaining = Math.Max(0, packets.GetGranuleCount());
    }

    private ContainerReader OpenContainer(out IPacketProvider packets)
    {
        stream.Position = 0;
        IPacketProvider? first = null;
        var opened = new ContainerReader(stream, false)
        {
            NewStreamCallback = provider =>
            {
                var isFirst = first is null;
                first ??= provider;
                return isFirst;
            },
        };
        try
        {
            packets = opened.TryInit() && first is not null ? first : throw new InvalidDataException("There is no Ogg stream.");
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>NVorbis ends a file at the position that its last packet states, and loops forever if that is before the packet.</summary>
    private sealed class PacketsWithoutPosition(IPacketProvider packets) : IPacketProvider
    {
        public bool CanSeek => packets.CanSeek;

        public int StreamSerial => packets.StreamSerial;

        public long GetGranuleCount() => packets.GetGranuleCount();

        public IPacket? GetNextPacket() => WithoutPosition(packets.GetNextPacket());

        public IPacket? PeekNextPacket() => WithoutPosition(packets.PeekNextPacket());

        public long SeekTo(long granulePos, int preRoll, GetPacketGranuleCount getPacketGranuleCount) => packets.SeekTo(granulePos, preRoll, getPacketGranuleCount);

        private static IPacket? WithoutPosition(IPacket? packet)
        {
            if (packet is DataPacket data)
            {
                data.GranulePosition = null;
            }

            return packet;
        }
    }
}
