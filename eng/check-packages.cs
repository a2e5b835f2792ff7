// Checks the packages of a folder: dotnet run eng/check-packages.cs -- artifacts/packages. Called by pack.sh.
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

var folder = args is [var only] ? only : throw new ArgumentException("One argument: the folder of the packages.");
var packages = Directory.GetFiles(folder, "*.nupkg").Order(StringComparer.Ordinal).ToList();
var faults = packages.SelectMany(Check).ToList();
faults.ForEach(Console.Error.WriteLine);
if (packages.Count == 0)
{
    Console.Error.WriteLine($"There is no package in {folder}.");
}

return packages.Count > 0 && faults.Count == 0 ? 0 : 1;

static List<string> Check(string path)
{
    var faults = new List<string>();
    void Require(bool isSo, string what)
    {
        if (!isSo)
        {
            faults.Add($"{Path.GetFileName(path)}: {what}");
        }
    }

    using var zip = ZipFile.OpenRead(path);
    var names = zip.Entries.Select(entry => entry.FullName).ToList();
    using var nuspec = zip.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
    var metadata = XDocument.Load(nuspec).Root!.Elements().Single();
    XElement? Find(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name);
    var id = Find("id")!.Value;
    var isTool = names.Exists(name => name.EndsWith("DotnetToolSettings.xml", StringComparison.Ordinal));
    var library = $"lib/net10.0/{id}.dll";

    Require(Find("license")?.Value == "MIT", "its license is not MIT.");
    Require(Find("readme")?.Value == "README.md" && names.Contains("README.md"), "it has no README.");
    Require(Find("description")?.Value.Length > 20, "it has no description.");
    Require(Find("repository")?.Attribute("commit")?.Value.Length == 40, "it does not say of which commit it is.");
    if (names.Contains(library))
    {
        Require(names.Contains(Path.ChangeExtension(library, ".xml")), "it has no XML documentation.");
        var dependencies = metadata.Descendants().Where(element => element.Name.LocalName == "dependency").ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);
        var referenced = References(zip.GetEntry(library)!);
        var references = referenced.Select(reference => reference.Name).ToList();
        // A native package, such as SkiaSharp.NativeAssets.Linux.NoDependencies, belongs to the managed one.
        var unused = dependencies.Keys.Where(dependency => !references.Exists(name => dependency == name || dependency.StartsWith(name + ".NativeAssets.", StringComparison.Ordinal))).ToList();
        Require(unused.Count == 0, $"it depends on {string.Join(", ", unused)}, which its code does not use.");
        Require(!dependencies.TryGetValue("TorchSharp", out var torchSharp) || torchSharp == "0.106.0", $"it depends on TorchSharp {torchSharp}; Windows needs 0.106.0.");
        // .NET does not load an older assembly than the one referenced.
        var newer = referenced.Where(reference => reference.Name == "TorchSharp" && reference.Version > new Version(0, 106, 0, 0)).ToList();
        Require(newer.Count == 0, $"its code references the assembly TorchSharp {newer.FirstOrDefault().Version}; Windows needs 0.106.0.");
        var symbols = Path.ChangeExtension(path, ".snupkg");
        Require(File.Exists(symbols), "it has no symbols.");
        // SourceLink needs an https address.
        Require(!File.Exists(symbols) || Find("repository")?.Attribute("url") is null || HasSourceLink(symbols), "its symbols have no SourceLink.");
    }

    if (id.EndsWith(".win-x64", StringComparison.Ordinal))
    {
        var torchSharp = AssemblyVersion(zip.Entries.Single(entry => entry.Name == "TorchSharp.dll"));
        Require(torchSharp == new Version(0, 106, 0, 0), $"it contains TorchSharp {torchSharp}, which does not load on Windows: pack it where the NuGet feed has TorchSharp 0.106.0.");
    }

    var kind = isTool ? "tool" : names.Contains(library) ? "library, documentation, symbols" : "files";
    Console.WriteLine($"{Path.GetFileName(path)}  {new FileInfo(path).Length:N0} bytes: {kind}, README, license {Find("license")?.Value}");
    return faults;
}

static List<(string Name, Version Version)> References(ZipArchiveEntry library)
{
    using var image = Open(library);
    var metadata = image.GetMetadataReader();
    return [.. metadata.AssemblyReferences.Select(metadata.GetAssemblyReference).Select(reference => (metadata.GetString(reference.Name), reference.Version))];
}

static Version AssemblyVersion(ZipArchiveEntry library)
{
    using var image = Open(library);
    return image.GetMetadataReader().GetAssemblyDefinition().Version;
}

static PEReader Open(ZipArchiveEntry library)
{
    var content = new MemoryStream();
    using (var assembly = library.Open())
    {
        assembly.CopyTo(content);
    }

    content.Position = 0;
    return new PEReader(content);
}

static bool HasSourceLink(string symbols)
{
    var sourceLink = new Guid("CC110556-A091-4D38-9FEC-25AB9A351A6A");
    using var zip = ZipFile.OpenRead(symbols);
    using var content = new MemoryStream();
    using (var pdb = zip.Entries.First(entry => entry.FullName.EndsWith(".pdb", StringComparison.Ordinal)).Open())
    {
        pdb.CopyTo(content);
    }

    content.Position = 0;
    using var provider = MetadataReaderProvider.FromPortablePdbStream(content);
    var reader = provider.GetMetadataReader();
    return reader.CustomDebugInformation.Any(handle => reader.GetGuid(reader.GetCustomDebugInformation(handle).Kind) == sourceLink);
}
