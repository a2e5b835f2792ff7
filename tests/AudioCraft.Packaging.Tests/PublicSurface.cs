using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace AudioCraft.Packaging.Tests;

/// <summary>Public types and members in the notation of api/torchsharp-0.106.0.txt, one per line.</summary>
internal static class PublicSurface
{
    /// <summary>The line of a type.</summary>
    public static string TypeLine(Type type) => $"{TypeNames.Of(type)} | 0type |";

    /// <summary>The line of a member; an accessor has that of its property.</summary>
    public static string MemberLine(MemberInfo member)
    {
        var type = TypeNames.Of(member.DeclaringType!);
        return member switch
        {
            ConstructorInfo constructor => $"{type} | ctor | {Access(constructor)} new({Parameters(constructor)})",
            FieldInfo { DeclaringType.IsEnum: true } field => $"{type} | enum | {field.Name} = {field.GetRawConstantValue()}",
            FieldInfo field => $"{type} | field | {(field.IsPublic ? "public" : "protected")}{(field.IsStatic ? " static" : "")}{(field.IsInitOnly ? " readonly" : "")} {field.Name} : {TypeNames.Of(field.FieldType)}",
            MethodInfo { IsSpecialName: true } accessor when PropertyOf(accessor) is { } property => $"{type} | prop | {PropertyLine(property)}",
            MethodInfo method => $"{type} | {(method.Name.StartsWith("op_", StringComparison.Ordinal) ? "oper" : "method")} | {MethodLine(method)}",
            _ => throw new ArgumentException($"{member} is neither a field nor a method.", nameof(member)),
        };
    }

    private static PropertyInfo? PropertyOf(MethodInfo accessor) => Array.Find(
        accessor.DeclaringType!.GetProperties(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly),
        property => property.GetMethod == accessor || property.SetMethod == accessor);

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
