using NVorbis;
using NVorbis.Contracts;
using IPacketProvider = NVorbis.Contracts.IPacketProvider;

namespace AudioCraft.NAudio.SoundFile;

/// <summary>
/// Checks the headers of a Vorbis stream before NVorbis reads them: it allocates what they state without comparing it with the size of the file,
/// and does not terminate on some codebooks that are cut off.
/// </summary>
internal static class VorbisHeaders
{
    /// <summary>Of all codebooks together. Encoders use fewer than 100,000 entries and 500,000 values.</summary>
    private const long MaxEntries = 1 << 19;
    private const long MaxValues = 1 << 22;

    private const int HeaderBytes = 7; // the type of the packet, and "vorbis"

    /// <exception cref="InvalidDataException">A header is damaged, cut off, or states more than the limits.</exception>
    public static void Check(IPacketProvider packets)
    {
        CheckIdentification(Next(packets));
        CheckComments(Next(packets));
        CheckCodebooks(Next(packets));
    }

    private static IPacket Next(IPacketProvider packets) => packets.GetNextPacket() ?? throw new InvalidDataException("A header is missing.");

    private static void CheckIdentification(IPacket packet)
    {
        packet.SkipBytes(HeaderBytes + 4 + 1 + 16); // the version, the channels, the sample rate and three bit rates
        var (shortBlock, longBlock) = ((int)packet.ReadBits(4), (int)packet.ReadBits(4));
        Require(shortBlock >= 6 && shortBlock <= longBlock && longBlock <= 13);
        packet.Done();
    }

    private static void CheckComments(IPacket packet)
    {
        packet.SkipBytes(HeaderBytes);
        SkipString(packet);
        var count = packet.ReadUInt32();
        Require(count <= packet.BitsRemaining / 32);
        for (var i = 0; i < count; i++)
        {
            SkipString(packet);
        }

        packet.Done();
    }

    private static void SkipString(IPacket packet)
    {
        var length = packet.ReadUInt32();
        Require(length <= packet.BitsRemaining / 8);
        packet.SkipBytes((int)length);
    }

    private static void CheckCodebooks(IPacket packet)
    {
        packet.SkipBytes(HeaderBytes);
        var (totalEntries, totalValues) = (0L, 0L);
        for (var book = (int)packet.ReadBits(8); book >= 0; book--)
        {
            Require(packet.ReadBits(24) == 0x564342);
            var dimensions = (int)packet.ReadBits(16);
            var entries = (int)packet.ReadBits(24);
            totalEntries += entries;
            totalValues += (long)entries * dimensions;
            Require(dimensions > 0 && entries > 0 && totalEntries <= MaxEntries && totalValues <= MaxValues);
            if (packet.ReadBit())
            {
                SkipOrderedLengths(packet, entries);
            }
            else
            {
                SkipLengths(packet, entries);
            }

            SkipValues(packet, entries, dimensions);
        }

        packet.Done();
    }

    private static void SkipOrderedLengths(IPacket packet, int entries)
    {
        var length = (int)packet.ReadBits(5) + 1;
        for (var entry = 0; entry < entries; length++)
        {
            entry += (int)packet.ReadBits(32 - int.LeadingZeroCount(entries - entry));
            Require(length <= 32 && entry <= entries && !packet.IsShort);
        }
    }

    private static void SkipLengths(IPacket packet, int entries)
    {
        var isSparse = packet.ReadBit();
        for (var entry = 0; entry < entries; entry++)
        {
            if (!isSparse || packet.ReadBit())
            {
                packet.SkipBits(5);
            }
        }

        Require(!packet.IsShort);
    }

    private static void SkipValues(IPacket packet, int entries, int dimensions)
    {
        var type = (int)packet.ReadBits(4);
        Require(type <= 2);
        if (type == 0)
        {
            return;
        }

        packet.SkipBits(64);
        var bits = (int)packet.ReadBits(4) + 1;
        packet.SkipBits(1);
        var values = type == 1 ? FirstLookupValues(entries, dimensions) : (long)entries * dimensions;
        Require(values * bits <= packet.BitsRemaining);
        packet.SkipBits((int)(values * bits));
    }

    /// <summary>The largest integer that, raised to the power <paramref name="dimensions"/>, is at most <paramref name="entries"/>.</summary>
    private static long FirstLookupValues(int entries, int dimensions)
    {
        var root = (long)Math.Floor(Math.Exp(Math.Log(entries) / dimensions));
        return Math.Floor(Math.Pow(root + 1, dimensions)) <= entries ? root + 1 : root;
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new InvalidDataException("A Vorbis header is damaged or states codebooks that are too large.");
        }
    }
}
