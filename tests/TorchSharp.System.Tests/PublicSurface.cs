using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace TorchSharp.Tests;

/// <summary>What of an assembly others can see, one type or member a line, in the words of api/torchsharp-0.106.0.txt.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Of(Assembly assembly) => assembly.GetTypes().Where(IsVisible).SelectMany(LinesOf);

    private static bool IsVisible(Type type) => type.IsNested
        ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!)
        : type.IsPublic;

    private static IEnumerable<string> LinesOf(Type type)
    {
        var name = TypeNames.Of(type);
        yield return $"{name} | 0type | {KindOf(type)}{BasesOf(type)}{ConstraintsOf(type.GetGenericArguments())}";
        if (type.IsEnum)
        {
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                yield return $"{name} | enum | {field.Name} = {field.GetRawConstantValue()}";
            }

            yield break;
        }

        foreach (var constructor in type.GetConstructors(Declared).Where(item => !item.IsStatic && Access(item) is not null))
        {
            yield return $"{name} | ctor | {Access(constructor)} new({Parameters(constructor)})";
        }

        foreach (var field in type.GetFields(Declared).Where(item => item.IsPublic || item.IsFamily || item.IsFamilyOrAssembly))
        {
            yield return $"{name} | field | {(field.IsPublic ? "public" : "protected")}{(field.IsStatic ? " static" : "")}"
                + $"{(field.IsInitOnly ? " readonly" : "")} {field.Name} : {TypeNames.Of(field.FieldType)}";
        }

        foreach (var line in type.GetProperties(Declared).Select(PropertyLine).OfType<string>())
        {
            yield return $"{name} | prop | {line}";
        }

        foreach (var method in type.GetMethods(Declared).Where(item => Access(item) is not null && item.Name != "Finalize"))
        {
            var isOperator = method.Name.StartsWith("op_", StringComparison.Ordinal);
            if (!method.IsSpecialName || isOperator)
            {
                yield return $"{name} | {(isOperator ? "oper" : "method")} | {MethodLine(method)}";
            }
        }
    }

    private static string KindOf(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string BasesOf(Type type)
    {
        var bases = new List<string>();
        if (type.IsEnum)
        {
            return " : " + TypeNames.Of(Enum.GetUnderlyingType(type));
        }

        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
        {
            bases.Add(TypeNames.Of(parent));
        }

        var inherited = type.BaseType?.GetInterfaces() ?? [];
        bases.AddRange(type.GetInterfaces().Except(inherited).Where(IsVisible).Select(TypeNames.Of).Order(StringComparer.Ordinal));
        return bases.Count > 0 ? " : " + string.Join(", ", bases) : "";
    }

    private static string? PropertyLine(PropertyInfo property)
    {
        var getter = property.GetMethod is { } get && Access(get) is not null ? get : null;
        var setter = property.SetMethod is { } set && Access(set) is not null ? set : null;
        if ((getter ?? setter) is not { } either)
        {
            return null;
        }

        var index = property.GetIndexParameters();
        var name = index.Length > 0 ? $"this[{string.Join(", ", index.Select(item => Parameter(item, false)))}]" : property.Name;
        var setting = setter is null ? "" : (Access(setter) == Access(either) ? "" : Access(setter) + " ") + "set; ";
        return $"{Access(either)}{Modifier(either)} {name} : {TypeNames.Of(property.PropertyType)} "
            + $"{{ {(getter is null ? "" : "get; ")}{setting}}}{TupleNames(property)}";
    }

    private static string MethodLine(MethodInfo method)
    {
        var generic = method.GetGenericArguments();
        var arguments = generic.Length > 0 ? $"<{string.Join(", ", generic.Select(item => item.Name))}>" : "";
        return $"{Access(method)}{Modifier(method)} {method.Name}{arguments}({Parameters(method)}) -> {TypeNames.Of(method.ReturnType)}"
            + TupleNames(method.ReturnParameter) + ConstraintsOf(generic);
    }

    private static string? Access(MethodBase method) =>
        method.IsPublic ? "public" : method.IsFamily || method.IsFamilyOrAssembly ? "protected" : null;

    private static string Modifier(MethodBase method) => method switch
    {
        { IsStatic: true } => " static",
        { IsAbstract: true } => " abstract",
        MethodInfo { IsVirtual: true, IsFinal: false } item => item.GetBaseDefinition() == item ? " virtual" : " override",
        MethodInfo { IsVirtual: true } item when item.GetBaseDefinition() != item => " sealed override",
        _ => "",
    };

    private static string Parameters(MethodBase method)
    {
        var isExtension = method.IsDefined(typeof(ExtensionAttribute), false);
        return string.Join(", ", method.GetParameters().Select((item, i) => Parameter(item, isExtension && i == 0)));
    }

    private static string Parameter(ParameterInfo parameter, bool isThis)
    {
        var passed = parameter.IsDefined(typeof(ParamArrayAttribute), false) ? "params "
            : !parameter.ParameterType.IsByRef ? ""
            : parameter.IsOut ? "out "
            : parameter.IsIn ? "in "
            : "ref ";
        var value = parameter.HasDefaultValue ? " = " + Literal(parameter.RawDefaultValue, parameter.ParameterType) : "";
        return $"{(isThis ? "this " : "")}{passed}{TypeNames.Of(parameter.ParameterType)} {parameter.Name}{value}";
    }

    private static string Literal(object? value, Type type)
    {
        var underlying = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            null => type.IsValueType && underlying == type ? "default" : "null",
            _ when underlying.IsEnum => $"{underlying.Name}.{Enum.ToObject(underlying, value)}",
            string text => $"\"{text}\"",
            bool truth => truth ? "true" : "false",
            float number => number.ToString("R", CultureInfo.InvariantCulture) + "f",
            double number => number.ToString("R", CultureInfo.InvariantCulture) + "d",
            long number => number.ToString(CultureInfo.InvariantCulture) + "L",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }

    private static string TupleNames(ICustomAttributeProvider member)
    {
        var names = member.GetCustomAttributes(typeof(TupleElementNamesAttribute), false).OfType<TupleElementNamesAttribute>().FirstOrDefault();
        return names is null ? "" : $" [tuple: {string.Join(",", names.TransformNames.Select(name => name ?? "_"))}]";
    }

    private static string ConstraintsOf(Type[] arguments)
    {
        var all = arguments.Select(argument => (argument.Name, Constraints: ConstraintsOf(argument).ToList()));
        return string.Concat(all.Where(item => item.Constraints.Count > 0).Select(item => $" where {item.Name} : {string.Join(", ", item.Constraints)}"));
    }

    private static IEnumerable<string> ConstraintsOf(Type argument)
    {
        var attributes = argument.GenericParameterAttributes;
        if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            yield return "class";
        }

        var isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        if (isStruct)
        {
            yield return argument.GetCustomAttributesData().Any(item => item.AttributeType.Name == "IsUnmanagedAttribute") ? "unmanaged" : "struct";
        }

        foreach (var constraint in argument.GetGenericParameterConstraints().Where(item => item != typeof(ValueType)))
        {
            yield return TypeNames.Of(constraint);
        }

        if (attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct)
        {
            yield return "new()";
        }
    }
}
