#!/usr/bin/env bash
# Called by pack.sh --rehearse: makes every package where the NuGet feed lacks TorchSharp and NAudio, to see that packing works and that what is packed can be used.
# The repository's stand-ins are packed under the names and versions of the missing packages, into a feed and a cache of their own, which are removed again.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
feed="$work/feed" out="$work/packages" tree="$work/tree"

say() { printf 'rehearsal: %s\n' "$1"; }
fail() {
    printf 'rehearsal: %s\n' "$1" >&2
    exit 1
}
quietly() { "$@" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; fail "this failed: $*"; }; }
version_of() { sed -n "s|.*Include=\"$1\" Version=\"\([^\"]*\)\".*|\1|p" "$root/Directory.Packages.props" | head -n 1; }

# The sources as committed, with an address that SourceLink knows.
quietly git clone --quiet "$root" "$tree"
git -C "$tree" remote set-url origin https://github.com/example/audiocraft.git
mkdir -p "$feed" "$out" "$tree/src/compat/TorchSharp-system/obj"
cp -a "$root/src/compat/TorchSharp-system/obj/native" "$tree/src/compat/TorchSharp-system/obj/" || fail "Build the repository once: TorchSharp-system's native half is needed."
shim="$tree/src/compat/TorchSharp-system/obj/native/libtorch_system_shim.so"
touch "$shim"

say "packing stand-ins for TorchSharp and NAudio"
quietly dotnet pack "$tree/src/compat/TorchSharp-system" -c Release -o "$feed" -p:TorchBackend=system -p:IsPackable=true -p:PackageId=TorchSharp -p:PackageVersion="$(version_of TorchSharp)"
quietly dotnet pack "$tree/src/compat/NAudio-system" -c Release -o "$feed" -p:IsPackable=true -p:PackageId=NAudio.Core -p:PackageVersion="$(version_of NAudio.Core)"
# Packages that are needed by name, and hold nothing, or the native library.
for package in TorchSharp-cpu NAudio.SoundFile NAudio.Alsa NAudio.Wasapi; do
    mkdir -p "$work/$package"
    cat >"$work/$package/$package.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <Version>$(version_of "$package")</Version>
    <IncludeBuildOutput>false</IncludeBuildOutput>
    <NoWarn>NU5128;NU5017</NoWarn>
  </PropertyGroup>
  <ItemGroup>
    <None Include="$shim" Pack="true" PackagePath="$([ "$package" = TorchSharp-cpu ] && printf 'runtimes/linux-x64/native/' || printf 'empty/')" />
  </ItemGroup>
</Project>
PROJECT
    quietly dotnet pack "$work/$package" -c Release -o "$feed"
done

# A cache of its own: the stand-ins must not be taken for the real packages later.
fallback=${NUGET_PACKAGES:-$HOME/.nuget/packages}
export NUGET_PACKAGES="$work/cache"
settings=(-p:TorchBackend=cpu -p:NAudioBackend=package -p:NAudioHasWasapi=false "-p:RestoreAdditionalProjectSources=$feed" "-p:RestoreFallbackFolders=$fallback")
for project in "$tree"/src/*/*.csproj; do
    grep -q '<IsPackable>true' "$project" || continue
    say "packing $(basename "$project" .csproj)"
    quietly dotnet pack "$project" -c Release -o "$out" "${settings[@]}"
done
dotnet run "$root/eng/check-packages.cs" -- "$out" || fail "What is in the packages is not what should be: see above."

say "installing the tool"
quietly dotnet tool install AudioCraft.Cli --tool-path "$work/tool" --source "$out" --version "$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' "$root/Directory.Build.props")"
"$work/tool/audiocraft" devices || fail "the installed tool finds no libtorch."
"$work/tool/audiocraft" generate "heavy rain" --duration 1 -o "$work/rain.wav" || fail "the installed tool cannot generate."

say "building an application from the packages"
mkdir "$work/app"
cat >"$work/app/app.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="AudioCraft.Core" Version="*" />
    <PackageReference Include="AudioCraft.Models.AudioGenTiny" Version="*" />
    <PackageReference Include="TorchSharp-cpu" Version="$(version_of TorchSharp-cpu)" />
  </ItemGroup>
</Project>
PROJECT
cat >"$work/app/Program.cs" <<'PROGRAM'
using AudioCraft;

using var gen = AudioGen.GetPretrained("audiogen-tiny");
gen.SetGenerationParams(duration: 1);
using var wav = gen.Generate("heavy rain");
Console.WriteLine($"an application of the packages made {wav.size(-1)} samples at {gen.SampleRate} Hz");
PROGRAM
quietly dotnet build "$work/app" -c Release -o "$work/app/out" "-p:RestoreAdditionalProjectSources=$feed%3B$out" "-p:RestoreFallbackFolders=$fallback"
dotnet "$work/app/out/app.dll" || fail "the application does not run."
say "done; nothing was kept"
