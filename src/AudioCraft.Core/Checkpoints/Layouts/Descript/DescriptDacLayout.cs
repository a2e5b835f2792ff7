namespace AudioCraft.Checkpoints;

/// <summary>
/// A DAC in descript's own files, <c>{'state_dict': …, 'metadata': {'kwargs': {…}}}</c>. The kwargs are the constructor's, which upstream's
/// <c>BaseModel.save</c> collects from attributes of the same names; absent ones have the constructor's defaults.
/// </summary>
internal sealed class DescriptDacLayout : ICheckpointLayout<CompressionModel>
{
    private const string WeightsKey = "state_dict", MetadataKey = "metadata", ArgumentsKey = "kwargs";

    public string Name => $"a DAC of descript (a .pth file with '{WeightsKey}' and '{MetadataKey}')";

    public IReadOnlyList<CheckpointFileSet> FileSets => [];

    public bool CanRead(CheckpointSource source) =>
        source.Torch is { } file && file.Find(WeightsKey) is PickleDict && file.Find(MetadataKey, ArgumentsKey) is PickleDict;

    public CompressionModel Load(CheckpointSource source) =>
        DacLoader.Load(Read(source.Torch!), source.Torch!.StateDict(WeightsKey), source.Context.Device);

    /// <exception cref="CheckpointException">An argument has the wrong type; the message names it.</exception>
    private static DacConfig Read(TorchFile file)
    {
        var arguments = (PickleDict)file.Find(MetadataKey, ArgumentsKey)!;
        var defaults = new DacConfig();
        return new DacConfig
        {
            SampleRate = Integer("sample_rate") ?? defaults.SampleRate,
            EncoderDimension = Integer("encoder_dim") ?? defaults.EncoderDimension,
            EncoderRates = Integers("encoder_rates") ?? defaults.EncoderRates,
            LatentDimension = Integer("latent_dim"),
            DecoderDimension = Integer("decoder_dim") ?? defaults.DecoderDimension,
            DecoderRates = Integers("decoder_rates") ?? defaults.DecoderRates,
            NumCodebooks = Integer("n_codebooks") ?? defaults.NumCodebooks,
            Cardinality = Integer("codebook_size") ?? defaults.Cardinality,
            CodebookDimensions = Integers("codebook_dim") ?? defaults.CodebookDimensions,
            QuantizerDropout = Dropout(),
        };

        object? Find(string name) => arguments.TryGetValue(name, out var value) ? value : null;

        int? Integer(string name) => Find(name) is not { } value ? null : AsInteger(value) ?? throw Wrong(name, "an integer");

        int[]? Integers(string name)
        {
            if (Find(name) is not { } value)
            {
                return null;
            }

            int?[] items = value is PickleList list ? [.. list.Select(AsInteger)] : [AsInteger(value)];
            return items.Length > 0 && items.All(i => i is not null) ? [.. items.Select(i => i!.Value)] : throw Wrong(name, "integers");
        }

        double Dropout() => Find("quantizer_dropout") switch
        {
            null => 0,
            bool flag => flag ? 1 : 0,
            double number => number,
            long number => number,
            _ => throw Wrong("quantizer_dropout", "a number"),
        };

        CheckpointException Wrong(string name, string expected) => new($"{file.Source}: the argument '{name}' of the model is not {expected}.");
    }

    private static int? AsInteger(object? value) => value is long and >= int.MinValue and <= int.MaxValue ? (int)(long)value : null;
}
