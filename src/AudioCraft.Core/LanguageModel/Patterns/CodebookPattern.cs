using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// In which step of the language model's sequence each code is predicted (MusicGen, section 2.2; audiocraft/modules/codebooks_patterns.py).
/// A pattern maps codes [B, K, T] to a sequence [B, K, S] and back; cells of the sequence that hold no code hold the special token.
/// </summary>
public sealed class CodebookPattern
{
    private const int NoCode = -1;

    /// <summary>Creates a pattern from its layout: for each sequence step, the codes that it holds.</summary>
    /// <param name="layout">Steps in order. The first is empty in all patterns but those that leave out the special token.</param>
    /// <param name="numCodebooks">Number of codebooks, K.</param>
    /// <param name="timesteps">Number of frames, T.</param>
    /// <exception cref="ArgumentException">A step holds two codes of a codebook, or a codebook's frames go backwards.</exception>
    public CodebookPattern(IReadOnlyList<IReadOnlyList<CodeCoordinate>> layout, int numCodebooks, int timesteps)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentOutOfRangeException.ThrowIfLessThan(numCodebooks, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(timesteps, 1);
        if (layout.Count == 0)
        {
            throw new ArgumentException("A pattern needs at least one step.", nameof(layout));
        }

        Layout = layout;
        NumCodebooks = numCodebooks;
        Timesteps = timesteps;
        Validate();
        MaxDelay = layout.Skip(1).SelectMany(step => step).Select(c => c.Timestep + 1).DefaultIfEmpty(0).Max() - timesteps;
    }

    /// <summary>For each sequence step, the codes that it holds.</summary>
    public IReadOnlyList<IReadOnlyList<CodeCoordinate>> Layout { get; }

    /// <summary>Number of codebooks, K.</summary>
    public int NumCodebooks { get; }

    /// <summary>Number of frames, T.</summary>
    public int Timesteps { get; }

    /// <summary>By how many frames the layout reaches past the end.</summary>
    public int MaxDelay { get; }

    /// <summary>Number of steps, counted from the first, before the layout reaches past the end.</summary>
    public int ValidSteps => Layout.Count - MaxDelay;

    /// <summary>Whether the sequence begins with a step of special tokens.</summary>
    public bool StartsWithSpecialToken => Layout[0].Count == 0;

    /// <summary>The first step that holds frame <paramref name="timestep"/> of <paramref name="codebook"/> (of any, if null), or null where none does.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies outside 0…T.</exception>
    public int? FirstStepWithTimestep(int timestep, int? codebook = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(timestep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timestep, Timesteps);
        for (var step = 0; step < Layout.Count; step++)
        {
            if (Layout[step].Any(c => c.Timestep == timestep && (codebook is null || c.Codebook == codebook)))
            {
                return step;
            }
        }

        return null;
    }

    /// <summary>Lays out codes as a sequence.</summary>
    /// <param name="codes">[B, K, T'] int64, with T' at most <see cref="Timesteps"/>.</param>
    /// <param name="specialToken">Value for cells that hold no code.</param>
    /// <param name="keepOnlyValidSteps">Whether to stop before the layout reaches past the end.</param>
    /// <returns>The sequence [B, K, S]; for each cell [K, S] its index into the flattened codes (K·T' where it holds none); and whether it holds one.</returns>
    public (Tensor Values, Tensor Indexes, Tensor Mask) BuildSequence(Tensor codes, long specialToken, bool keepOnlyValidSteps = false)
    {
        var timesteps = CheckShape(codes, Timesteps, "frames");
        var index = SequenceIndexes(timesteps, keepOnlyValidSteps);
        return Gather(codes.reshape(codes.size(0), -1), index, NumCodebooks * timesteps, specialToken);
    }

    /// <summary>Brings a sequence back to codes.</summary>
    /// <param name="sequence">[B, K, S'] int64, with S' at most the number of steps.</param>
    /// <param name="specialToken">Value for codes that the sequence does not hold.</param>
    /// <param name="keepOnlyValidSteps">As given to <see cref="BuildSequence"/>.</param>
    /// <returns>The codes [B, K, T]; for each code [K, T] its index into the flattened sequence (K·S' where it has none); and whether it has one.</returns>
    public (Tensor Values, Tensor Indexes, Tensor Mask) RevertSequence(Tensor sequence, long specialToken, bool keepOnlyValidSteps = false)
    {
        var steps = CheckShape(sequence, keepOnlyValidSteps ? ValidSteps : Layout.Count, "steps");
        var index = RevertedIndexes(steps, keepOnlyValidSteps, isModelOutput: false);
        return Gather(sequence.reshape(sequence.size(0), -1), index, NumCodebooks * steps, specialToken);
    }

    /// <summary>
    /// Brings logits over a sequence back to logits over codes. The logits of step s predict the codes of step s + 1,
    /// so the step of special tokens is left out of the layout.
    /// </summary>
    /// <param name="logits">[B, card, K, S'].</param>
    /// <param name="specialValue">Value for codes that no step predicts, usually NaN.</param>
    /// <param name="keepOnlyValidSteps">As given to <see cref="BuildSequence"/>.</param>
    /// <returns>Logits [B, card, K, T]; indexes and mask [K, T] as <see cref="RevertSequence"/> gives them.</returns>
    public (Tensor Values, Tensor Indexes, Tensor Mask) RevertLogits(Tensor logits, double specialValue, bool keepOnlyValidSteps = false)
    {
        ArgumentNullException.ThrowIfNull(logits);
        if (logits.dim() != 4 || logits.size(2) != NumCodebooks)
        {
            throw new ArgumentException($"Logits [B, card, {NumCodebooks}, S] expected, not [{string.Join(", ", logits.shape)}].", nameof(logits));
        }

        var steps = CheckLength(logits.size(3), keepOnlyValidSteps ? ValidSteps : Layout.Count, "steps");
        var index = RevertedIndexes(steps, keepOnlyValidSteps, isModelOutput: true);
        return Gather(logits.reshape(logits.size(0), logits.size(1), -1), index, NumCodebooks * steps, specialValue);
    }

    /// <summary>For each cell [K, S] the index of its code in flattened codes [K, <paramref name="timesteps"/>], or -1.</summary>
    internal int[,] SequenceIndexes(int timesteps, bool keepOnlyValidSteps = false)
    {
        var steps = keepOnlyValidSteps ? ValidSteps : Layout.Count;
        var index = Filled(NumCodebooks, steps);
        for (var step = 0; step < steps; step++)
        {
            foreach (var (timestep, codebook) in Layout[step])
            {
                if (timestep < timesteps)
                {
                    index[codebook, step] = timestep + codebook * timesteps;
                }
            }
        }

        return index;
    }

    /// <summary>For each code [K, T] the index of its cell in a flattened sequence [K, <paramref name="steps"/>], or -1.</summary>
    internal int[,] RevertedIndexes(int steps, bool keepOnlyValidSteps = false, bool isModelOutput = false)
    {
        var skip = isModelOutput && StartsWithSpecialToken ? 1 : 0;
        var end = Math.Min(steps + skip, keepOnlyValidSteps ? ValidSteps : Layout.Count);
        var index = Filled(NumCodebooks, Timesteps);
        for (var step = skip; step < end; step++)
        {
            foreach (var (timestep, codebook) in Layout[step])
            {
                if (timestep < Timesteps)
                {
                    index[codebook, timestep] = step - skip + codebook * steps;
                }
            }
        }

        return index;
    }

    private static (Tensor, Tensor, Tensor) Gather(Tensor flat, int[,] index, int length, Scalar special)
    {
        using var scope = NewDisposeScope();
        var (rows, columns) = (index.GetLength(0), index.GetLength(1));
        var indexes = new long[rows * columns];
        var mask = new bool[rows * columns];
        for (var i = 0; i < indexes.Length; i++)
        {
            var at = index[i / columns, i % columns];
            mask[i] = at != NoCode;
            indexes[i] = mask[i] ? at : length;
        }

        var indexTensor = tensor(indexes, device: flat.device);
        var padded = cat([flat, full_like(flat.narrow(-1, 0, 1), special)], -1);
        var values = padded.index_select(flat.dim() - 1, indexTensor).reshape([.. flat.shape[..^1], rows, columns]);
        return scope.MoveToOuter(
            values, indexTensor.reshape(rows, columns), tensor(mask, device: flat.device).reshape(rows, columns));
    }

    private int CheckShape(Tensor values, int most, string unit)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.dim() != 3 || values.size(1) != NumCodebooks)
        {
            throw new ArgumentException($"[B, {NumCodebooks}, n] expected, not [{string.Join(", ", values.shape)}].", nameof(values));
        }

        return CheckLength(values.size(2), most, unit);
    }

    private static int CheckLength(long length, int most, string unit) =>
        length >= 1 && length <= most ? (int)length : throw new ArgumentException($"The pattern takes 1 to {most} {unit}, not {length}.");

    private static int[,] Filled(int rows, int columns)
    {
        var index = new int[rows, columns];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                index[row, column] = NoCode;
            }
        }

        return index;
    }

    private void Validate()
    {
        var last = new int[NumCodebooks];
        var seen = new int[NumCodebooks];
        for (var step = 0; step < Layout.Count; step++)
        {
            foreach (var (timestep, codebook) in Layout[step])
            {
                if (codebook < 0 || codebook >= NumCodebooks)
                {
                    throw new ArgumentException($"Step {step} names codebook {codebook}; there are {NumCodebooks}.");
                }

                if (timestep < last[codebook])
                {
                    throw new ArgumentException($"Step {step} goes back to frame {timestep} of codebook {codebook} after frame {last[codebook]}.");
                }

                if (seen[codebook] == step + 1)
                {
                    throw new ArgumentException($"Step {step} holds two codes of codebook {codebook}.");
                }

                (last[codebook], seen[codebook]) = (timestep, step + 1);
            }
        }
    }
}

/// <summary>One code of a multi-codebook sequence.</summary>
/// <param name="Timestep">Frame of the code, from 0. A pattern's layout may name frames past the end; they stand for padding.</param>
/// <param name="Codebook">Codebook of the code, from 0.</param>
public readonly record struct CodeCoordinate(int Timestep, int Codebook);
