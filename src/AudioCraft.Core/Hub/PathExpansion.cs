using System.Text;

namespace AudioCraft.Hub;

/// <summary>
/// Expands paths as Python's huggingface_hub does: first <c>os.path.expanduser</c> (<c>~</c> and <c>~user</c>), then <c>os.path.expandvars</c>
/// (<c>$X</c> and <c>${X}</c>, on Windows also <c>%X%</c>). What is not defined stays as it is.
/// </summary>
/// <param name="variable">Returns an environment variable, or null.</param>
/// <param name="isWindows">Whether the rules of Windows apply.</param>
/// <param name="homeOf">Returns the home directory of a user on Unix, or null.</param>
internal sealed class PathExpansion(Func<string, string?> variable, bool isWindows, Func<string, string?> homeOf)
{
    public PathExpansion(Func<string, string?> variable) : this(variable, OperatingSystem.IsWindows(), UnixHome) { }

    /// <summary>The path with the user's directory and variables replaced.</summary>
    public string Expand(string path) => ExpandVariables(ExpandUser(path));

    private string ExpandUser(string path)
    {
        if (path.Length == 0 || path[0] != '~')
        {
            return path;
        }

        var end = isWindows ? path.AsSpan().IndexOfAny('/', '\\') : path.IndexOf('/', StringComparison.Ordinal);
        end = end < 0 ? path.Length : end;
        var user = path[1..end];
        var home = isWindows ? WindowsHome(user) : user.Length == 0 ? variable("HOME") ?? OwnHome() : homeOf(user);
        if (string.IsNullOrEmpty(home))
        {
            return path;
        }

        return isWindows ? home + path[end..] : home.TrimEnd('/') + path[end..] is { Length: > 0 } expanded ? expanded : "/";
    }

    private static string? OwnHome() => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private string? WindowsHome(string user)
    {
        var own = variable("USERPROFILE") ?? (variable("HOMEPATH") is { } path ? variable("HOMEDRIVE") + path : OwnHome());
        if (user.Length == 0 || own is null || user == variable("USERNAME"))
        {
            return own;
        }

        // The directories of all users are side by side, named after them.
        var at = own.AsSpan().LastIndexOfAny('/', '\\');
        return at >= 0 && own[(at + 1)..] == variable("USERNAME") ? own[..(at + 1)] + user : null;
    }

    private string ExpandVariables(string path)
    {
        var result = new StringBuilder();
        for (var i = 0; i < path.Length;)
        {
            var (length, value) = isWindows ? WindowsToken(path.AsSpan(i)) : UnixToken(path.AsSpan(i));
            result.Append(value ?? path.Substring(i, length));
            i += length;
        }

        return result.ToString();
    }

    /// <summary>The length of the text's first token, and its replacement; null to keep it.</summary>
    private (int Length, string? Value) UnixToken(ReadOnlySpan<char> text)
    {
        if (text[0] != '$')
        {
            return (1, null);
        }

        var (length, name) = Variable(text, extra: '_');
        return (length, name.Length > 0 ? variable(name) : null);
    }

    /// <inheritdoc cref="UnixToken"/>
    private (int Length, string? Value) WindowsToken(ReadOnlySpan<char> text)
    {
        switch (text[0])
        {
            case '\'':
                // Quoted text is not expanded.
                return (text[1..].IndexOf('\'') is >= 0 and var end ? end + 2 : text.Length, null);
            case '%' or '$' when text.Length > 1 && text[1] == text[0]:
                return (2, text[..1].ToString());
            case '%':
                return text[1..].IndexOf('%') is > 0 and var close ? (close + 2, variable(text.Slice(1, close).ToString())) : (text.Length, null);
            case '$':
                var (length, name) = Variable(text, extra: '-');
                return (length, name.Length > 0 ? variable(name) : null);
            default:
                return (1, null);
        }
    }

    private static (int Length, string Name) Variable(ReadOnlySpan<char> text, char extra)
    {
        if (text.Length > 1 && text[1] == '{')
        {
            return text.IndexOf('}') is > 0 and var close ? (close + 1, text[2..close].ToString()) : (1, "");
        }

        var end = 1;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_' || text[end] == extra))
        {
            end++;
        }

        return (end, text[1..end].ToString());
    }

    private static string? UnixHome(string user)
    {
        const int Fields = 7, Home = 5;
        if (OperatingSystem.IsMacOS())
        {
            return Directory.Exists($"/Users/{user}") ? $"/Users/{user}" : null;
        }

        return File.Exists("/etc/passwd")
            ? File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length == Fields && fields[0] == user)?[Home]
            : null;
    }
}
