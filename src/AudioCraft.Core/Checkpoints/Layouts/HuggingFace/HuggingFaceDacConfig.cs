namespace AudioCraft.Checkpoints;

/// <summary>Reads a <c>config.json</c> of transformers' <c>DacConfig</c>. Absent values have its defaults: 16 kHz, 64 and 1536 channels, 9 codebooks.</summary>
internal static class HuggingFaceDacConfig
{
    /// <summary>The <c>model_type</c> of such a file.</summary>
    public const string ModelType = "dac";

    private const int MaximumItems = 1024;

    /// <exception cref="CheckpointException">A value has the wrong type; the message names it.</exception>
    public static DacConfig Read(CheckpointConfig config)
    {
        var rates = Integers("downsampling_ratios") ?? [2, 4, 8, 8];
        return new DacConfig
        {
            SampleRate = config.GetInt32("sampling_rate", 16000),
            EncoderDimension = config.GetInt32("encoder_hidden_size", 64),
            EncoderRates = rates,
            LatentDimension = config.Has("hidden_size") ? config.GetInt32("hidden_size") : null,
            DecoderDimension = config.GetInt32("decoder_hidden_size", 1536),
            DecoderRates = Integers("upsampling_ratios") ?? [.. rates.Reverse()],
            NumCodebooks = config.GetInt32("n_codebooks", 9),
            Cardinality = config.GetInt32("codebook_size", 1024),
            CodebookDimensions = Integers("codebook_dim") ?? [8],
            // Older files have true or false.
            QuantizerDropout = config.GetString("quantizer_dropout", "0") switch
            {
                "true" => 1,
                "false" => 0,
                _ => config.GetDouble("quantizer_dropout", 0),
            },
        };

        // A list of integers, or a single one.
        IReadOnlyList<int>? Integers(string name)
        {
            if (!config.Has(name))
            {
                return null;
            }

            var items = config.IsList(name) ? config.GetInt32List(name) : [config.GetInt32(name)];
            return items.Count is > 0 and <= MaximumItems ? items : throw config.Unsupported(name, $"1 to {MaximumItems} integers are expected");
        }
    }
}
