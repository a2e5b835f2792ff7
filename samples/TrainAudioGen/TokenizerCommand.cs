using AudioCraft.Conditioning;
using AudioCraft.Training;

namespace TrainAudioGen;

/// <summary>Makes the text encoder's tokenizer.</summary>
internal static class TokenizerCommand
{
    public static Command Command { get; } = new("tokenizer", """
        tokenizer --out FILE [--texts FILE] [--vocabulary N]
            Makes a SentencePiece model from texts, one a line, or from descriptions of synthetic sounds.
            --vocabulary N   ids at most (600)
        """, Run);

    private static void Run(Options options, CancellationToken cancellation)
    {
        var (output, file, size) = (options.Text("--out"), options.TextOrNull("--texts"), options.Whole("--vocabulary", 600));
        options.RefuseOthers();
        var texts = file is null
            ? Enumerable.Range(0, 20_000).SelectMany(seed => Descriptions.Of(Descriptions.Request(seed), seed, SoundWording.Training))
            : File.ReadLines(file);
        var model = UnigramTrainer.Train(texts, new UnigramTrainerOptions { VocabularySize = size });
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        File.WriteAllBytes(output, model);
        Console.WriteLine($"{output}: {model.Length} bytes");
    }
}
