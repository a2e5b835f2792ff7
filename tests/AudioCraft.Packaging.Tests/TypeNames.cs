namespace AudioCraft.Packaging.Tests;

/// <summary>Type names in C# notation with namespaces.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(nint)] = "nint",
    };

    public static string Of(Type type)
    {
        if (type.IsByRef)
        {
            return Of(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying) + "?";
        }

        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        var arguments = type.GetGenericArguments();
        return Keywords.TryGetValue(type, out var keyword) ? keyword
            : IsTuple(type) ? $"({string.Join(", ", arguments.Select(Of))})"
            : Nested(type, arguments);
    }

    private static bool IsTuple(Type type) =>
        type is { IsGenericType: true, IsGenericTypeDefinition: false, Namespace: "System" }
        && type.Name.StartsWith("ValueTuple`", StringComparison.Ordinal);

    /// <summary>Type arguments follow the type that declares them, also for nested types.</summary>
    private static string Nested(Type type, Type[] arguments)
    {
        var chain = new Stack<Type>();
        for (var part = type; part is not null; part = part.DeclaringType)
        {
            chain.Push(part);
        }

        var taken = 0;
        var parts = new List<string>();
        foreach (var part in chain)
        {
            var tick = part.Name.IndexOf('`', StringComparison.Ordinal);
            if (tick < 0)
            {
                parts.Add(part.Name);
                continue;
            }

            var own = part.GetGenericArguments().Length - taken;
            parts.Add($"{part.Name[..tick]}<{string.Join(", ", arguments.Skip(taken).Take(own).Select(Of))}>");
            taken += own;
        }

        return $"{type.Namespace}.{string.Join(".", parts)}";
    }
}
