namespace AudioCraft.Formats;

/// <summary>Writes the codes of one segment, in as many parts as they come in.</summary>
internal interface ICodeWriter : IDisposable
{
    /// <param name="codes">Whole times, time-major: code k of time t is at t·K + k.</param>
    void Write(ReadOnlySpan<long> codes);

    /// <summary>Ends the segment: what is pending goes to the stream.</summary>
    void Finish();
}
