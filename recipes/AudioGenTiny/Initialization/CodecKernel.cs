using System.Globalization;
using System.Text.RegularExpressions;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>The kernel of a convolution of SEANet, set value by value. Weights that are not set keep a share of their random values, so that channels differ.</summary>
internal sealed partial class CodecKernel
{
    private readonly Dictionary<string, Parameter> parameters;
    private readonly string name;
    private readonly long[] shape;
    private readonly float?[] values;
    private readonly float[] noise;
    private readonly double[] bias;

    /// <param name="parameters">The parameters of the model, by name.</param>
    /// <param name="name">Name of the convolution.</param>
    public CodecKernel(Dictionary<string, Parameter> parameters, string name)
    {
        this.parameters = parameters;
        this.name = name;
        var weight = parameters.GetValueOrDefault(name + ".weight_v") ?? parameters[name + ".weight"];
        shape = weight.shape;
        noise = [.. weight.data<float>()];
        values = new float?[noise.Length];
        bias = new double[parameters[name + ".bias"].numel()];
    }

    /// <summary>The convolutions of the encoder or the decoder outside residual blocks, in order.</summary>
    /// <param name="names">Names of the model's parameters.</param>
    /// <param name="side"><c>encoder</c> or <c>decoder</c>.</param>
    public static List<string> Names(IEnumerable<string> names, string side) =>
    [
        .. names.Select(n => Layer().Match(n)).Where(m => m.Success && m.Groups["side"].Value == side)
            .Select(m => (Index: int.Parse(m.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture), m.Groups["prefix"].Value)).Distinct().OrderBy(l => l.Index).Select(l => l.Value),
    ];

    /// <summary>Sets one weight. The rows of a transposed convolution are its input channels.</summary>
    public void Set(int row, int column, int tap, double value) => values[At(row, column, tap)] = (float)value;

    /// <summary>Sets the bias of an output channel.</summary>
    public void SetBias(int output, double value) => bias[output] = value;

    /// <summary>Sets all weights of these rows and columns that are not set yet to zero.</summary>
    public void ZeroRest(Range rows, Range columns)
    {
        var ((row, height), (column, width)) = (rows.GetOffsetAndLength((int)shape[0]), columns.GetOffsetAndLength((int)shape[1]));
        for (var r = row; r < row + height; r++)
        {
            for (var c = column; c < column + width; c++)
            {
                for (var tap = 0; tap < shape[2]; tap++)
                {
                    values[At(r, c, tap)] ??= 0;
                }
            }
        }
    }

    /// <summary>Stores the kernel.</summary>
    /// <param name="rest">Factor of the random weights that were not set.</param>
    public void Finish(double rest)
    {
        using var scope = NewDisposeScope();
        parameters[name + ".bias"].copy_(tensor([.. bias.Select(b => (float)b)]));
        var weight = tensor([.. values.Zip(noise, (v, n) => v ?? (float)(rest * n))], shape);
        if (!parameters.TryGetValue(name + ".weight_v", out var direction))
        {
            parameters[name + ".weight"].copy_(weight);
            return;
        }

        // A row of zeros has no direction: it keeps its old one, with length 0.
        var lengths = weight.reshape(shape[0], -1).norm(1).view(-1, 1, 1);
        direction.copy_(where(lengths.eq(Scalars.Zero), direction, weight));
        parameters[name + ".weight_g"].copy_(lengths);
    }

    private long At(int row, int column, int tap) => (((row * shape[1]) + column) * shape[2]) + tap;

    [GeneratedRegex(@"^(?<prefix>(?<side>encoder|decoder)\.model\.(?<layer>\d+)\.(?<conv>conv|convtr)\.\k<conv>)\.(weight|weight_g|weight_v)$")]
    private static partial Regex Layer();
}
