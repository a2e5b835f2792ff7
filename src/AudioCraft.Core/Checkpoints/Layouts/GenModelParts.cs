using Microsoft.Extensions.Logging;

namespace AudioCraft.Checkpoints;

/// <summary>The parts of a generation model.</summary>
/// <param name="CompressionModel">The codec.</param>
/// <param name="LM">The language model with its conditioners.</param>
/// <param name="MaxDuration">The language model's window in seconds.</param>
/// <param name="IsMusicGen">Whether the model is a MusicGen, if it is loaded without a class.</param>
/// <param name="CfgCoef">The guidance coefficient that the checkpoint suggests, or null. Released checkpoints have none.</param>
/// <param name="Temperature">The temperature that the checkpoint suggests, or null.</param>
/// <param name="TopK">The top-k that the checkpoint suggests, or null.</param>
internal sealed record GenModelParts(
    CompressionModel CompressionModel, LMModel LM, double MaxDuration, bool IsMusicGen, double? CfgCoef = null, double? Temperature = null, int? TopK = null) : IDisposable
{
    /// <summary>The kinds of audio that the model was trained on.</summary>
    public KnownKinds KnownKinds { get; init; } = KnownKinds.None;

    /// <summary>The model, as an <see cref="AudioGen"/>.</summary>
    public AudioGen ToAudioGen(string name, ILogger? logger) => Suggest(new AudioGen(name, CompressionModel, LM, MaxDuration, logger) { KnownKinds = KnownKinds });

    /// <summary>The model, as a <see cref="MusicGen"/>.</summary>
    public MusicGen ToMusicGen(string name, ILogger? logger) => Suggest(new MusicGen(name, CompressionModel, LM, MaxDuration, logger) { KnownKinds = KnownKinds });

    /// <summary>Checks that the codec and the language model have the same codebooks.</summary>
    /// <exception cref="CheckpointException">They differ.</exception>
    public void CheckFit(string name)
    {
        if (CompressionModel.NumCodebooks != LM.NumCodebooks || CompressionModel.Cardinality != LM.Config.Cardinality)
        {
            throw new CheckpointException(
                $"'{name}': the codec has {CompressionModel.NumCodebooks} codebooks of {CompressionModel.Cardinality} entries, the language model {LM.NumCodebooks} of {LM.Config.Cardinality}.");
        }
    }

    /// <summary>Frees both models.</summary>
    public void Dispose()
    {
        CompressionModel.Dispose();
        LM.Dispose();
    }

    private T Suggest<T>(T model)
        where T : BaseGenModel
    {
        var defaults = model.GenerationParams;
        model.GenerationParams = defaults with { CfgCoef = CfgCoef ?? defaults.CfgCoef, Temperature = Temperature ?? defaults.Temperature, TopK = TopK ?? defaults.TopK };
        return model;
    }
}
