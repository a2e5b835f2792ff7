using System.Text;

namespace AudioCraft.Formats;

/// <summary>What a file is, recognized by its first bytes: for the error message when it is not audio that can be read.</summary>
/// <param name="Name">The format with its article, such as "an MPEG-4 file (M4A, AAC)".</param>
/// <param name="Content">The kind of contents.</param>
public sealed record FileSignature(string Name, FileContent Content)
{
    /// <summary>The number of bytes that <see cref="Identify"/> looks at.</summary>
    public const int HeadBytes = 512;

    /// <summary>What the user can do.</summary>
    public string Advice => Content switch
    {
        FileContent.Empty => "copy or download the file again",
        FileContent.Document => "check the file's name, or download the file again",
        FileContent.Codes => "decode it first, for example with: audiocraft decode",
        _ => "convert it to WAV or FLAC, for example with: ffmpeg -i input output.wav",
    };

    /// <summary>Identifies a file.</summary>
    /// <param name="head">The first <see cref="HeadBytes"/> bytes, or the complete file if it is shorter.</param>
    /// <returns>Null if the format is unknown.</returns>
    public static FileSignature? Identify(ReadOnlySpan<byte> head) =>
        head.IsEmpty ? new("an empty file", FileContent.Empty) : Container(head) ?? Magic(head) ?? Synchronized(head) ?? Plain(head);

    /// <summary>Formats whose content type follows the first bytes.</summary>
    private static FileSignature? Container(ReadOnlySpan<byte> head)
    {
        if (head.Length < 12)
        {
            return null;
        }

        if (head[4..].StartsWith("ftyp"u8))
        {
            return Encoding.Latin1.GetString(head.Slice(8, 4)) switch
            {
                "M4A " or "M4B " or "M4P " => new("an MPEG-4 audio file (M4A, with AAC or ALAC)", FileContent.Media),
                "qt  " => new("a QuickTime file (MOV)", FileContent.Media),
                "heic" or "heix" or "mif1" or "avif" => new("an image (HEIF)", FileContent.Document),
                var brand when brand.StartsWith("3g", StringComparison.Ordinal) => new("a 3GP file", FileContent.Media),
                _ => new("an MPEG-4 file (MP4 or M4A, with AAC or video)", FileContent.Media),
            };
        }

        if (head.StartsWith("RIFF"u8) || head.StartsWith("RIFX"u8))
        {
            return Encoding.Latin1.GetString(head.Slice(8, 4)) switch
            {
                "WAVE" => new("a WAV file", FileContent.Audio),
                "AVI " => new("a video (AVI)", FileContent.Media),
                "WEBP" => new("an image (WebP)", FileContent.Document),
                "RMID" => new("a MIDI file, which holds notes and no audio", FileContent.Document),
                "sfbk" => new("a SoundFont", FileContent.Document),
                var kind => new($"a RIFF file of the kind '{Printable(kind)}', not WAVE", FileContent.Media),
            };
        }

        if (head.StartsWith("FORM"u8))
        {
            return head[8..].StartsWith("AIF"u8) ? new("an AIFF file", FileContent.Audio) : new($"an IFF file of the kind '{Printable(Encoding.Latin1.GetString(head.Slice(8, 4)))}'", FileContent.Media);
        }

        if (head.StartsWith<byte>([0x1A, 0x45, 0xDF, 0xA3]))
        {
            return head.IndexOf("webm"u8) >= 0 ? new("a WebM file (Opus or Vorbis audio, or video)", FileContent.Media) : new("a Matroska file (MKV, MKA)", FileContent.Media);
        }

        return head[4..].StartsWith("moov"u8) || head[4..].StartsWith("mdat"u8) || head[4..].StartsWith("wide"u8) ? new("a QuickTime file (MOV)", FileContent.Media) : null;
    }

    private static FileSignature? Magic(ReadOnlySpan<byte> head) =>
        Is(head, "RF64") || Is(head, "BW64") ? new("a WAV file (RF64)", FileContent.Audio)
        : Is(head, "riff") ? new("a Wave64 file", FileContent.Audio)
        : Is(head, "fLaC") ? new("a FLAC file", FileContent.Audio)
        : Is(head, "OggS") ? new(head.IndexOf("theora"u8) >= 0 ? "an Ogg video (Theora)" : "an Ogg file (Vorbis, Opus or FLAC)", head.IndexOf("theora"u8) >= 0 ? FileContent.Media : FileContent.Audio)
        : Is(head, "ID3") ? new("an MP3 file", FileContent.Audio)
        : Is(head, ".snd") ? new("an AU file", FileContent.Audio)
        : Is(head, "caff") ? new("a CAF file", FileContent.Audio)
        : head.StartsWith<byte>([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) ? new("a Windows Media file (WMA, WMV, ASF)", FileContent.Media)
        : Is(head, "ADIF") ? new("an AAC file (ADIF)", FileContent.Media)
        : Is(head, "#!AMR") ? new("an AMR file", FileContent.Media)
        : Is(head, "wvpk") ? new("a WavPack file", FileContent.Media)
        : Is(head, "MAC ") ? new("a Monkey's Audio file (APE)", FileContent.Media)
        : Is(head, "MPCK") || Is(head, "MP+") ? new("a Musepack file", FileContent.Media)
        : Is(head, "TTA1") ? new("a True Audio file (TTA)", FileContent.Media)
        : Is(head, "DSD ") || Is(head, "FRM8") ? new("a DSD file", FileContent.Media)
        : Is(head, ".RMF") || head.StartsWith<byte>([(byte)'.', (byte)'r', (byte)'a', 0xFD]) ? new("a RealMedia file", FileContent.Media)
        : Is(head, "FLV\u0001") ? new("a video (FLV)", FileContent.Media)
        : head.StartsWith<byte>([0, 0, 1, 0xBA]) || head.StartsWith<byte>([0, 0, 1, 0xB3]) ? new("an MPEG video", FileContent.Media)
        : head.StartsWith<byte>([0x7F, 0xFE, 0x80, 0x01]) ? new("a DTS file", FileContent.Media)
        : Is(head, "MThd") ? new("a MIDI file, which holds notes and no audio", FileContent.Document)
        : Is(head, "ECDC") ? new("an .ecdc file (EnCodec)", FileContent.Codes)
        : head.StartsWith<byte>([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y']) ? new("a NumPy or .dac file", FileContent.Codes)
        : head.StartsWith<byte>([(byte)'P', (byte)'K', 3, 4]) ? new("a ZIP archive", FileContent.Document)
        : head.StartsWith<byte>([0x1F, 0x8B]) ? new("a gzip archive", FileContent.Document)
        : head.StartsWith<byte>([(byte)'7', (byte)'z', 0xBC, 0xAF]) ? new("a 7z archive", FileContent.Document)
        : Is(head, "Rar!") ? new("a RAR archive", FileContent.Document)
        : Is(head, "%PDF") ? new("a PDF document", FileContent.Document)
        : head.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G']) ? new("an image (PNG)", FileContent.Document)
        : head.StartsWith<byte>([0xFF, 0xD8, 0xFF]) ? new("an image (JPEG)", FileContent.Document)
        : Is(head, "GIF8") ? new("an image (GIF)", FileContent.Document)
        : null;

    /// <summary>Streams without a header, recognized by the synchronization bits of their frames.</summary>
    private static FileSignature? Synchronized(ReadOnlySpan<byte> head) =>
        head.Length < 4 ? null
        : head[0] == 0xFF && (head[1] & 0xF6) == 0xF0 && (head[2] >> 2 & 15) < 13 ? new("an AAC file (ADTS)", FileContent.Media)
        : head[0] == 0x56 && (head[1] & 0xE0) == 0xE0 ? new("an AAC file (LATM)", FileContent.Media)
        : head[0] == 0x0B && head[1] == 0x77 ? new("an AC-3 file", FileContent.Media)
        : head[0] == 0x47 && head.Length > 376 && head[188] == 0x47 && head[376] == 0x47 ? new("an MPEG transport stream (TS)", FileContent.Media)
        : head[0] == 0xFF && (head[1] & 0xE0) == 0xE0 && (head[1] & 0x06) != 0 && (head[1] & 0x18) != 0x08 && head[2] >> 4 != 15 && (head[2] & 0x0C) != 0x0C ? new("an MP3 file", FileContent.Audio)
        : null;

    /// <summary>Text, and bytes that are all 0.</summary>
    private static FileSignature? Plain(ReadOnlySpan<byte> head)
    {
        head = head[..Math.Min(head.Length, HeadBytes)];
        if (head.IndexOfAnyExcept((byte)0) < 0)
        {
            return new("a file of zero bytes, as an interrupted copy leaves it", FileContent.Document);
        }

        var text = head.StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? head[3..] : head;
        foreach (var value in text)
        {
            if (value < ' ' && value is not ((byte)'\t' or (byte)'\r' or (byte)'\n' or 0x0C or 0x1B) || value is 0x7F)
            {
                return null;
            }
        }

        // A character may be cut off at the end.
        var characters = Encoding.UTF8.GetString(text);
        if (characters.AsSpan(0, Math.Max(0, characters.Length - 1)).Contains('\uFFFD'))
        {
            return null;
        }

        characters = characters.TrimStart();
        return StartsWithAny(characters, "<!doctype html", "<html", "<head", "<body") ? new("an HTML page, as a server sends it instead of a file", FileContent.Document)
            : StartsWithAny(characters, "version https://git-lfs") ? new("a Git LFS pointer: run 'git lfs pull'", FileContent.Document)
            : StartsWithAny(characters, "<?xml", "<svg") ? new("an XML file", FileContent.Document)
            : StartsWithAny(characters, "{", "[") ? new("a JSON or other text file", FileContent.Document)
            : new("a text file", FileContent.Document);
    }

    private static bool StartsWithAny(string text, params ReadOnlySpan<string> beginnings)
    {
        foreach (var beginning in beginnings)
        {
            if (text.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<byte> head, string magic) => head.Length >= magic.Length && Encoding.Latin1.GetString(head[..magic.Length]) == magic;

    internal static string Printable(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c : '?'));
}

/// <summary>Kinds of files.</summary>
public enum FileContent
{
    /// <summary>An audio format that AudioCraft reads: WAV itself, the others with AudioCraft.NAudio.</summary>
    Audio,

    /// <summary>Audio or video in a format that has to be converted first. Windows decodes some of them.</summary>
    Media,

    /// <summary>Audio as codes of a codec.</summary>
    Codes,

    /// <summary>Something else: text, an image, an archive.</summary>
    Document,

    /// <summary>Nothing.</summary>
    Empty,
}
