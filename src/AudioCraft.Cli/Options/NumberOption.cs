using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace AudioCraft.Cli.Options;

/// <summary>
/// Options that take a number. Numbers are read in the same way on every system: a point separates decimals, and there are no thousands separators.
/// Everything else is an error, because a misread number gives a wrong result without notice.
/// </summary>
internal static class NumberOption
{
    private const NumberStyles DecimalStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>An option that takes a decimal number.</summary>
    /// <param name="name">The name, such as <c>--duration</c>, and its aliases.</param>
    /// <param name="min">The smallest value.</param>
    /// <param name="max">The largest value.</param>
    /// <param name="above">Whether the value must be above <paramref name="min"/>.</param>
    public static Option<double?> Decimal(string[] name, string helpName, string description, double min, double max, bool above = false) =>
        Create<double>(name, helpName, description, "a number such as 0.5", DecimalStyle, value => double.IsFinite(value) && value <= max && (above ? value > min : value >= min), RangeText(min, max, above));

    /// <summary>An option that takes a whole number.</summary>
    /// <inheritdoc cref="Decimal"/>
    public static Option<T?> Whole<T>(string[] name, string helpName, string description, T min, T max)
        where T : struct, IBinaryInteger<T> =>
        Create<T>(name, helpName, description, "a whole number", NumberStyles.AllowLeadingSign, value => value >= min && value <= max, RangeText(min, max, above: false));

    private static Option<T?> Create<T>(string[] name, string helpName, string description, string what, NumberStyles style, Func<T, bool> isInRange, string range)
        where T : struct, INumber<T> => new(name[0], name[1..])
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                var text = result.Tokens is [var token] ? token.Value : "";
                if (T.TryParse(text, style, CultureInfo.InvariantCulture, out var value) && isInRange(value))
                {
                    return value;
                }

                result.AddError(Explain<T>(name[0], text, what, style, range));
                return null;
            },
        };

    private static string Explain<T>(string name, string text, string what, NumberStyles style, string range)
        where T : INumber<T>
    {
        var isNumber = T.TryParse(text, style, CultureInfo.InvariantCulture, out var value);
        var isTooLarge = !isNumber && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        // .NET parses "Infinity", "NaN" and 1e400 (as infinity) as numbers.
        if (isTooLarge || (isNumber && (T.IsFinite(value!) || text.AsSpan().ContainsAnyInRange('0', '9'))))
        {
            return $"{name} takes {range}, not '{text}'.";
        }

        return text.Contains(',', StringComparison.Ordinal)
            ? $"{name} takes {what}, not '{text}': use a decimal point and no thousands separators."
            : $"{name} takes {what}, not '{text}'.";
    }

    private static string RangeText<T>(T min, T max, bool above)
        where T : INumber<T> => string.Create(CultureInfo.InvariantCulture, $"{(above ? $"more than {min}, at most {max}" : $"{min} to {max}")}");
}
