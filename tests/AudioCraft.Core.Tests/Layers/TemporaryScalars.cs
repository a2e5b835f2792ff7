using System.Reflection;
using System.Reflection.Emit;
using TorchSharp;

namespace AudioCraft.Tests.Layers;

/// <summary>Finds the calls of an assembly that create a <see cref="Scalar"/> without keeping it alive, from its instructions.</summary>
internal static class TemporaryScalars
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields().Select(field => field.GetValue(null)).OfType<OpCode>().ToDictionary(code => code.Value);

    /// <summary>Methods of TorchSharp that convert a number to a scalar, directly or through another method, such as <c>a + b</c>.</summary>
    private static readonly Lazy<HashSet<MethodBase>> Creators = new(TorchSharpMethodsThatCreateScalars);

    public static void AssertNone(Assembly assembly)
    {
        Assert.Contains(Creators.Value, method => method.Name == "op_Addition");
        string[] found = [.. Methods(assembly).SelectMany(In).Order(StringComparer.Ordinal)];
        Assert.True(found.Length == 0, $"Use Scalars, or a using declaration of a Scalar, in\n{string.Join("\n", found)}");
    }

    /// <summary>Calls in a method that create a scalar without keeping it in a variable or field.</summary>
    public static IEnumerable<string> In(MethodBase method)
    {
        MethodBase? conversion = null;
        foreach (var (code, called) in Instructions(method))
        {
            if (conversion is not null && !IsStore(code))
            {
                yield return $"{method.DeclaringType}.{method.Name}: {conversion}";
            }

            conversion = called is not null && IsConversion(called) ? called : null;
            if (called is not null && Creators.Value.Contains(called))
            {
                yield return $"{method.DeclaringType}.{method.Name}: {called}";
            }
        }
    }

    private static bool IsStore(OpCode code) => code.Name!.StartsWith("st", StringComparison.Ordinal);

    private static bool IsConversion(MethodBase method) => method.IsStatic && method is MethodInfo { ReturnType: var type } && type == typeof(Scalar)
        && (method.DeclaringType == typeof(Scalar) || method.DeclaringType!.Name == "ScalarExtensionMethods");

    private static HashSet<MethodBase> TorchSharpMethodsThatCreateScalars()
    {
        var calls = Methods(typeof(torch).Assembly).Where(method => method.DeclaringType != typeof(Scalar) && !IsConversion(method))
            .ToDictionary(method => method, method => Instructions(method).Select(instruction => instruction.Called).OfType<MethodBase>().Distinct().ToList());
        HashSet<MethodBase> found = [.. calls.Where(pair => pair.Value.Exists(IsConversion)).Select(pair => pair.Key)];
        for (var before = 0; before != found.Count;)
        {
            before = found.Count;
            found.UnionWith(calls.Where(pair => pair.Value.Exists(found.Contains)).Select(pair => pair.Key));
        }

        return found;
    }

    private static IEnumerable<MethodBase> Methods(Assembly assembly)
    {
        const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        return assembly.GetTypes().SelectMany(type => type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)));
    }

    /// <summary>The instructions of a method, with the method that each calls or null.</summary>
    private static IEnumerable<(OpCode Code, MethodBase? Called)> Instructions(MethodBase method)
    {
        var il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < il.Length;)
        {
            var code = OpCodesByValue[il[at] == 0xFE ? (short)((0xFE << 8) | il[at + 1]) : il[at]];
            at += code.Size;
            yield return (code, code.OperandType == OperandType.InlineMethod ? Resolve(method, BitConverter.ToInt32(il, at)) : null);
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }

    private static MethodBase? Resolve(MethodBase method, int token)
    {
        Type[]? types = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var called = method.Module.ResolveMethod(token, types, method.IsGenericMethod ? method.GetGenericArguments() : null);
        return called is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericMethodDefinition() : called;
    }
}
