using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace AudioCraft.Packaging.Tests;

/// <summary>The packages depend on TorchSharp 0.106.0 or later, and this repository is compiled against a later one.</summary>
public sealed partial class TorchSharpMembersTests
{
    public static TheoryData<string> Assemblies => ["AudioCraft.Core", "AudioCraft.Hosting", "AudioCraft.NAudio", "AudioCraft.Training", "audiocraft"];

    public static TheoryData<string> Libraries => ["AudioCraft.Core", "AudioCraft.Hosting", "AudioCraft.NAudio", "AudioCraft.Training"];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Only_types_and_members_of_TorchSharp_0_106_are_used(string name)
    {
        var surface = Surface();
        var assembly = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, name + ".dll"));

        var used = TorchSharpReferences(assembly);

        Assert.NotEmpty(used);
        var later = Missing(used, surface);
        Assert.True(later.Count == 0, $"{later.Count} of {used.Count} are not in TorchSharp 0.106.0:\n{string.Join("\n", later)}");
    }

    [Fact]
    public void Member_that_the_surface_lacks_is_found()
    {
        var surface = Surface();
        var used = TorchSharpReferences(typeof(AudioGen).Assembly);
        var removed = used.First(line => line.Contains("| method |", StringComparison.Ordinal));
        Assert.True(surface.Remove(WithoutReferenceMarks(removed)));

        Assert.Equal([removed], Missing(used, surface));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Libraries_accept_the_assembly_of_TorchSharp_0_106(string name)
    {
        var assembly = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, name + ".dll"));

        // .NET does not load an assembly that is older than the one referenced.
        Assert.Equal(new Version(0, 106, 0, 0), Assert.Single(assembly.GetReferencedAssemblies(), reference => reference.Name == "TorchSharp").Version);
    }

    private static List<string> Missing(IEnumerable<string> used, HashSet<string> surface) => [.. used.Where(line => !surface.Contains(WithoutReferenceMarks(line)))];

    /// <summary>One line per type or member of TorchSharp to which the metadata of the assembly refers.</summary>
    private static List<string> TorchSharpReferences(Assembly assembly)
    {
        using var stream = File.OpenRead(assembly.Location);
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        var module = assembly.ManifestModule;
        var torchSharp = typeof(TorchSharp.torch).Assembly;

        var types = metadata.TypeReferences.Select(handle => module.ResolveType(MetadataTokens.GetToken(handle)))
            .Where(type => type.Assembly == torchSharp).Select(PublicSurface.TypeLine);
        // References in generic code need type arguments to resolve; only the definition of the member is used.
        var members = metadata.MemberReferences.Where(handle => !IsOfOwnGenericType(metadata, handle)).Select(handle => Definition(module, MetadataTokens.GetToken(handle)))
            .Where(member => member.DeclaringType?.Assembly == torchSharp).Select(PublicSurface.MemberLine);
        return [.. types.Concat(members).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Whether a reference is to a member of a generic type that the assembly itself defines.</summary>
    private static bool IsOfOwnGenericType(MetadataReader metadata, MemberReferenceHandle handle)
    {
        var parent = metadata.GetMemberReference(handle).Parent;
        if (parent.Kind != HandleKind.TypeSpecification)
        {
            return false;
        }

        var signature = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
        return signature.ReadSignatureTypeCode() == SignatureTypeCode.GenericTypeInstance
            && signature.ReadCompressedInteger() is 0x11 or 0x12
            && signature.ReadTypeHandle().Kind == HandleKind.TypeDefinition;
    }

    private static MemberInfo Definition(Module module, int token)
    {
        var member = Resolve(module, token);
        return member.DeclaringType is { IsGenericType: true } type && type.Assembly == typeof(TorchSharp.torch).Assembly
            ? type.GetGenericTypeDefinition().GetMemberWithSameMetadataDefinitionAs(member)
            : member;
    }

    /// <summary>Resolves a reference with a type argument that fits the constraints of the generic code that it is in.</summary>
    private static MemberInfo Resolve(Module module, int token)
    {
        Exception? last = null;
        foreach (var argument in new[] { typeof(object), typeof(float), typeof(AudioGen), typeof(EncodecModel) })
        {
            var arguments = Enumerable.Repeat(argument, 8).ToArray();
            try
            {
                return module.ResolveMember(token, arguments, arguments)!;
            }
            catch (TypeLoadException error)
            {
                last = error;
            }
        }

        throw new InvalidOperationException($"No type argument of this test fits the reference {token:x8} of {module.Name}.", last);
    }

    private static HashSet<string> Surface()
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "api", "torchsharp-0.106.0.txt"));
        // Only the name of a type is compared.
        return [.. lines.Select(line => line.Contains("| 0type |", StringComparison.Ordinal) ? line[..(line.IndexOf("| 0type |", StringComparison.Ordinal) + 9)] : WithoutReferenceMarks(line))];
    }

    /// <summary>Nullability of reference types may differ between versions; that of numbers, enums and tuples is part of the type.</summary>
    private static string WithoutReferenceMarks(string line) => ReferenceMark().Replace(line, "");

    [GeneratedRegex(@"(?<!\b(bool|byte|sbyte|short|int|long|float|double|ScalarType|Padding|TensorStringStyle|Half)|\))\?")]
    private static partial Regex ReferenceMark();
}
