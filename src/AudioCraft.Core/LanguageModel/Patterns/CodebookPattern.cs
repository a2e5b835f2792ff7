using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft;

/// <summary>
/// The step of the language model's sequence in which each code is predicted (MusicGen, section 2.2; audiocraft/modules/codebooks_patterns.py).
/// A pattern maps codes [B, K, T] to a sequence [B, K, S] and back; positions of the sequence without a code contain the special token.
/// </summary>
public sealed class CodebookPattern
{
    private const int NoCode = -1;

    /// <summary>Creates a pattern from the codes of each step of the sequence.</summary>
    /// <param name="steps">The steps in order. The first is empty, except in patterns without the special token.</param>
    /// <param name="numCodebooks">Number of codebooks, K.</param>
    /// <param name="timesteps">Number of frames, T.</param>
    /// <exception cref="ArgumentException">A step contains two codes of a codebook, or the frames of a codebook decrease.</exception>
    public CodebookPattern(IReadOnlyList<IReadOnlyList<CodeCoordinate>> steps, int numCodebooks, int timesteps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentOutOfRangeException.ThrowIfLessThan(numCodebooks, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(timesteps, 1);
        if (steps.Count == 0)
        {
            throw new ArgumentException("A pattern needs at least one step.", nameof(steps));
        }

        Steps = steps;
        NumCodebooks = numCodebooks;
        Timesteps = timesteps;
        Validate();
        MaxDelay = steps.Skip(1).SelectMany(step => step).Select(c => c.Timestep + 1).DefaultIfEmpty(0).Max() - timesteps;
    }

    /// <summary>The codes of each step of the sequence.</summary>
    public IReadOnlyList<IReadOnlyList<CodeCoordinate>> Steps { get; }

    /// <summary>Number of codebooks, K.</summary>
    public int NumCodebooks { get; }

    /// <summary>Number of frames, T.</summary>
    public int Timesteps { get; }

    /// <summary>Number of frames by which the sequence exceeds the last frame.</summary>
    public int MaxDelay { get; }

    /// <summary>Number of steps at the start before the sequence exceeds the last frame.</summary>
    public int ValidSteps => Steps.Count - MaxDelay;

    /// <summary>Whether the first step contains only special tokens.</summary>
    public bool StartsWithSpecialToken => Steps[0].Count == 0;

    /// <summary>Returns the first step with a code of frame <paramref name="timestep"/> of <paramref name="codebook"/> (any codebook if null), or null.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame is not in 0…T.</exception>
    public int? FirstStepWithTimestep(int timestep, int? codebook = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(timestep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timestep, Timesteps);
        for (var step = 0; step < Steps.Count; step++)
        {
            if (Steps[step].Any(c => c.Timestep == timestep && (codebook is null || c.Codebook == codebook)))
            {
                return step;
            }
        }

        return null;
    }

    /// <summary>Arranges codes in a sequence.</summary>
    /// <param name="codes">[B, K, T'] int64, with T' at most <see cref="Timesteps"/>.</param>
    /// <param name="specialToken">Value of positions without a code.</param>
    /// <param name="keepOnlyValidSteps">Whether to stop before the sequence exceeds the last frame.</param>
    /// <returns>The sequence [B, K, S]; the index [K, S] of each position in the flattened codes (K·T' without a code); and the mask [K, S] of positions with a code.</returns>
    public (Tensor Values, Tensor Indexes, Tensor Mask) BuildSequence(Tensor codes, long specialToken, bool keepOnlyValidSteps = false)
    {
        var timesteps = CheckShape(codes, Timesteps, "frames");
        var index = SequenceIndexes(timesteps, keepOnlyValidSteps);
        using Scalar special = specialToken;
        return Gather(codes.reshape(codes.size(0), -1), index, NumCodebooks * timesteps, special);
    }

    /// <summary>Maps a sequence back to codes.</summary>
    /// <param name="sequence">[B, K, S'] int64, with S' at most the number of steps.</param>
    /// <param name="specialToken">Value of codes that the sequence does not contain.</param>
    /// <param name="keepOnlyValidSteps">As in <see cref="BuildSequence"/>.</param>
    /// <returns>The codes [B, K, T]; the index [K, T] of each code in the flattened sequence (K·S' if absent); and the mask [K, T] of codes in the sequence.</returns>
    public (Tensor Values, Tensor Indexes, Tensor Mask) RevertSequence(Tensor sequence, long specialToken, bool keepOnlyValidSteps = false)
    {
        var steps = CheckShape(sequence, keepOnlyValidSteps ? ValidSteps : Steps.Count, "steps");
        var index = RevertedIndexes(steps, keepOnlyValidSteps, isModelOutput: false);
        using Scalar special = specialToken;
        return Gather(sequence.reshape(sequence.size(0), -1), index, NumCodebooks * steps, special);
    }

    /// <summary>
    /// Maps logits over a sequence back to logits over codes. The logits of step s predict the codes of step s + 1,
    /// so the sequence is read without its first step of special tokens.
    /// </summary>
    /// <param name="logits">[B, cardinality, K, S'].</param>
    /// <param name="specialValue">Value of codes that no step predicts, usually NaN.</param>
    /// <param name="keepOnlyValidSteps">As in <see cref="BuildSequence"/>.</param>
    /// <returns>Logits [B, cardinality, K, T]; indexes and mask [K, T] as in <see cref="RevertSequence"/>.</returns>
    public (Tensor Values, Tensor Indexes, Tensor Mask) RevertLogits(Tensor logits, double specialValue, bool keepOnlyValidSteps = false)
    {
        ArgumentNullException.ThrowIfNull(logits);
        if (logits.dim() != 4 || logits.size(2) != NumCodebooks)
        {
            throw new ArgumentException($"Logits [B, card, {NumCodebooks}, S] expected, not [{string.Join(", ", logits.shape)}].", nameof(logits));
        }

        var steps = CheckLength(logits.size(3), keepOnlyValidSteps ? ValidSteps : Steps.Count, "steps");
        var index = RevertedIndexes(steps, keepOnlyValidSteps, isModelOutput: true);
        using Scalar special = specialValue;
        return Gather(logits.reshape(logits.size(0), logits.size(1), -1), index, NumCodebooks * steps, special);
    }

    /// <summary>The index [K, S] of each position's code in flattened codes [K, <paramref name="timesteps"/>], or -1.</summary>
    internal int[,] SequenceIndexes(int timesteps, bool keepOnlyValidSteps = false)
    {
        var steps = keepOnlyValidSteps ? ValidSteps : Steps.Count;
        var index = Filled(NumCodebooks, steps);
        for (var step = 0; step < steps; step++)
        {
            foreach (var (timestep, codebook) in Steps[step])
            {
                if (timestep < timesteps)
                {
                    index[codebook, step] = timestep + codebook * timesteps;
                }
            }
        }

        return index;
    }

    /// <summary>The index [K, T] of each code's position in a flattened sequence [K, <paramref name="steps"/>], or -1.</summary>
    internal int[,] RevertedIndexes(int steps, bool keepOnlyValidSteps = false, bool isModelOutput = false)
    {
        var skip = isModelOutput && StartsWithSpecialToken ? 1 : 0;
        var end = Math.Min(steps + skip, keepOnlyValidSteps ? ValidSteps : Steps.Count);
        var index = Filled(NumCodebooks, Timesteps);
        for (var step = skip; step < end; step++)
        {
            foreach (var (timestep, codebook) in Steps[step])
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
        length >= 1 && length <= most ? (int)length : throw new ArgumentException($"The pattern has 1 to {most} {unit}, not {length}.");

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
        for (var step = 0; step < Steps.Count; step++)
        {
            foreach (var (timestep, codebook) in Steps[step])
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
/// <param name="Timestep">Frame of the code, from 0. A step may contain frames past the last one, which are padding.</param>
/// <param name="Codebook">Codebook of the code, from 0.</param>
public readonly record struct CodeCoordinate(int Timestep, int Codebook);
