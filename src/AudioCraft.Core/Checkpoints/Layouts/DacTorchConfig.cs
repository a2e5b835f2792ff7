namespace AudioCraft.Checkpoints;

/// <summary>
/// Reads what shapes a DAC out of descript's own files, <c>{'state_dict': …, 'metadata': {'kwargs': {…}}}</c>. The kwargs are those of the constructor,
/// which upstream's <c>BaseModel.save</c> collects from attributes of the same names; what is left out has the constructor's default.
/// </summary>
internal static class DacTorchConfig
{
    /// <summary>Where the weights are.</summary>
    public const string WeightsKey = "state_dict";

    private const string MetadataKey = "metadata", ArgumentsKey = "kwargs";

    public static bool IsDac(TorchFile file) => file.Find(WeightsKey) is PickleDict && file.Find(MetadataKey, ArgumentsKey) is PickleDict;

    /// <exception cref="CheckpointException">An argument is not of the kind it should be; the message names it.</exception>
    public static DacConfig Read(TorchFile file)
    {
        var arguments = (PickleDict)file.Find(MetadataKey, ArgumentsKey)!;
        var otherwise = new DacConfig();
        return new DacConfig
        {
            SampleRate = Integer("sample_rate") ?? otherwise.SampleRate,
            EncoderDimension = Integer("encoder_dim") ?? otherwise.EncoderDimension,
            EncoderRates = Integers("encoder_rates") ?? otherwise.EncoderRates,
            LatentDimension = Integer("latent_dim"),
            DecoderDimension = Integer("decoder_dim") ?? otherwise.DecoderDimension,
            DecoderRates = Integers("decoder_rates") ?? otherwise.DecoderRates,
            NumCodebooks = Integer("n_codebooks") ?? otherwise.NumCodebooks,
            Cardinality = Integer("codebook_size") ?? otherwise.Cardinality,
            CodebookDimensions = Integers("codebook_dim") ?? otherwise.CodebookDimensions,
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
