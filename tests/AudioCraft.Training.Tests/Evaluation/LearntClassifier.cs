namespace AudioCraft.Training.Tests.Evaluation;

/// <summary>A classifier that learns once for all tests.</summary>
[CollectionDefinition(Name)]
public sealed class LearntClassifier : ICollectionFixture<LearntClassifier>
{
    public const string Name = "classifier";

    public SoundClassifier Classifier { get; } = SoundClassifier.Train(1, perKind: 15);
}
