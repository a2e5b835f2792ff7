namespace AudioCraft.Cli.Output;

/// <summary>What to do if the output file exists.</summary>
internal enum Existing
{
    /// <summary>Keep it and number the new file.</summary>
    Keep,

    /// <summary>Replace it.</summary>
    Replace,

    /// <summary>Keep it and skip the prompt, to continue an interrupted batch.</summary>
    Skip,
}

/// <summary>An output file.</summary>
/// <param name="Directory">Its directory.</param>
/// <param name="Name">The name without number and extension.</param>
/// <param name="Number">The number; 1 is not part of the name.</param>
/// <param name="Extension">The extension without a point.</param>
/// <param name="Existing">What to do if it exists.</param>
internal sealed record OutputFile(string Directory, string Name, int Number, string Extension, Existing Existing)
{
    /// <summary>The path.</summary>
    public string Path => PathAs(Extension);

    /// <summary>The path of its spectrogram.</summary>
    public string Picture => PathAs("png");

    /// <summary>Whether it exists and is skipped.</summary>
    public bool IsDone => Existing == Existing.Skip && File.Exists(Path);

    /// <summary>The file with the next number.</summary>
    public OutputFile Next() => this with { Number = Number + 1 };

    private string PathAs(string extension) => System.IO.Path.Combine(Directory, $"{FileName.WithNumber(Name, Number)}.{extension}");
}
