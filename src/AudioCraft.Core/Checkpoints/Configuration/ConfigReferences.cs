using System.Text;
using AudioCraft.Formats;

namespace AudioCraft.Checkpoints;

/// <summary>
/// Resolves OmegaConf's references for one look-up: <c>${a.b}</c> from the root, <c>${.a}</c> from the section that contains the text, one more dot for each level up,
/// nested (<c>${a.${b}}</c>) and inside text. Resolvers such as <c>${oc.env:USER}</c> are rejected: a file must not read the environment.
/// </summary>
/// <param name="root">The start of absolute references.</param>
/// <param name="source">The file, for messages.</param>
/// <param name="existenceOnly">Whether only the existence of a value is tested: a reference without a target resolves to <c>???</c>, and a resolver counts as a value.</param>
internal sealed class ConfigReferences(ConfigNode root, string source, bool existenceOnly = false)
{
    private const int MaximumDepth = 64;
    private const int MaximumCharacters = 64 << 10;
    private const int MaximumSteps = 10_000;

    private readonly HashSet<ConfigNode> open = [];
    private int steps;

    /// <summary>The node itself, or the target of its reference.</summary>
    public ConfigNode Resolve(ConfigNode node)
    {
        if (node is not ConfigScalar { HasReference: true } scalar)
        {
            return node;
        }

        if (!open.Add(node))
        {
            throw new CheckpointException($"{source}: the references of '{PrintableText.Of(node.Path)}' are circular.");
        }

        if (open.Count > MaximumDepth || ++steps > MaximumSteps)
        {
            throw new CheckpointException($"{source}: resolving '{PrintableText.Of(node.Path)}' takes too many references.");
        }

        var result = Expand(scalar.Text, node, 0);
        open.Remove(node);
        return result;
    }

    /// <summary>The node at a dotted path below <paramref name="from"/>, with references resolved; null if there is none.</summary>
    public ConfigNode? Find(ConfigNode from, string path)
    {
        var node = Resolve(from);
        foreach (var key in Keys(path))
        {
            var child = node.Child(key);
            if (child is null)
            {
                return null;
            }

            node = Resolve(child);
        }

        return node;
    }

    private static string[] Keys(string path) =>
        path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries);

    private ConfigNode Expand(string text, ConfigNode owner, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new CheckpointException($"{source}: the references of '{PrintableText.Of(owner.Path)}' are nested more than {MaximumDepth} deep.");
        }

        var expanded = new StringBuilder();
        var position = 0;
        while (true)
        {
            var start = text.IndexOf("${", position, StringComparison.Ordinal);
            if (start < 0)
            {
                Append(expanded, text.AsSpan(position), owner);
                break;
            }

            if (start > 0 && text[start - 1] == '\\')
            {
                // An escaped reference is text.
                Append(expanded, text.AsSpan(position, start - 1 - position), owner);
                Append(expanded, "${", owner);
                position = start + 2;
                continue;
            }

            var end = End(text, start, owner);
            var target = Follow(text[(start + 2)..end], owner, depth);
            if (start == 0 && end == text.Length - 1)
            {
                return target;
            }

            Append(expanded, text.AsSpan(position, start - position), owner);
            Append(expanded, TextOf(target, owner), owner);
            position = end + 1;
        }

        return new ConfigScalar(expanded.ToString(), plain: false).PlacedIn(owner.Parent ?? owner, owner.Key);
    }

    private ConfigNode Follow(string expression, ConfigNode owner, int depth)
    {
        if (++steps > MaximumSteps)
        {
            throw new CheckpointException($"{source}: resolving '{PrintableText.Of(owner.Path)}' takes too many references.");
        }

        if (expression.Contains("${", StringComparison.Ordinal))
        {
            expression = TextOf(Expand(expression, owner, depth + 1), owner);
        }

        expression = expression.Trim();
        if (expression.Contains(':', StringComparison.Ordinal))
        {
            if (existenceOnly)
            {
                return new ConfigScalar(expression, plain: false);
            }

            throw new CheckpointException($"{source}: '{PrintableText.Of(owner.Path)}' uses ${{{PrintableText.Of(expression)}}}; configuration files cannot read the environment or call resolvers.");
        }

        var up = expression.Length - expression.TrimStart('.').Length;
        ConfigNode? from = up == 0 ? root : owner.Parent;
        for (var level = 1; level < up && from is not null; level++)
        {
            from = from.Parent;
        }

        return (from is null ? null : Find(from, expression[up..]))
            ?? (existenceOnly ? new ConfigScalar("???", plain: false) : null)
            ?? throw new CheckpointException($"{source}: '{PrintableText.Of(owner.Path)}' refers to ${{{PrintableText.Of(expression)}}}, which does not exist.");
    }

    private string TextOf(ConfigNode node, ConfigNode owner) => node is ConfigScalar { IsNull: false, IsMissing: false } scalar
        ? scalar.Text
        : throw new CheckpointException($"{source}: '{PrintableText.Of(owner.Path)}' uses '{PrintableText.Of(node.Path)}' inside text, but it is not a single value.");

    private int End(string text, int start, ConfigNode owner)
    {
        var open = 0;
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] == '}' && --open == 0)
            {
                return i;
            }

            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '{')
            {
                open++;
            }
        }

        throw new CheckpointException($"{source}: '{PrintableText.Of(owner.Path)}' has an unclosed reference.");
    }

    private void Append(StringBuilder text, ReadOnlySpan<char> more, ConfigNode owner)
    {
        if (text.Length + more.Length > MaximumCharacters)
        {
            throw new CheckpointException($"{source}: '{PrintableText.Of(owner.Path)}' expands to more than {MaximumCharacters} characters.");
        }

        text.Append(more);
    }
}
