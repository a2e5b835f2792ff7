namespace AudioGenTiny.Recipe.Tests;

/// <summary>A classifier that is trained once for all tests.</summary>
[CollectionDefinition(Name)]
public sealed class TrainedClassifier : ICollectionFixture<TrainedClassifier>, IDisposable
{
    public const string Name = "classifier";

    public SoundClassifier Classifier { get; } = SoundClassifier.Train(1, perKind: 15);

    public void Dispose() => Classifier.Dispose();
}
