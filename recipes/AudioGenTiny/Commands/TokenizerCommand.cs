using AudioCraft.Conditioning;

namespace AudioGenTiny.Recipe;

/// <summary>Trains the tokenizer of the text encoder.</summary>
internal static class TokenizerCommand
{
    public static Command Command { get; } = new("tokenizer", """
        tokenizer --out FILE [--texts FILE] [--vocabulary N]
            Trains a SentencePiece model on texts, one per line, or on descriptions of synthetic sounds.
            --vocabulary N   maximum vocabulary size (600)
        """, Run);

    private static void Run(Options options, CancellationToken cancellationToken)
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
