namespace AudioCraft.Formats;

/// <summary>Reads what an <see cref="ICodeWriter"/> wrote. Nothing is allocated for codes that are not there.</summary>
internal interface ICodeReader : IDisposable
{
    /// <summary>The codes of the next times, time-major.</summary>
    /// <exception cref="AudioFormatException">There are fewer, or they make no sense.</exception>
    long[] Read(long frames);

    /// <summary>Ends the segment.</summary>
    /// <exception cref="AudioFormatException">It does not end as a writer ends it: the file is damaged, or out of step with its language model.</exception>
    void Finish();
}
