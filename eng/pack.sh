#!/usr/bin/env bash
# Creates every package in artifacts/packages and checks their contents: eng/pack.sh [RUNTIME-IDENTIFIER]...
# The tool has one package for each runtime identifier, by default linux-x64 win-x64 osx-arm64 (0.5 GB of libtorch each, so this takes some minutes).
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

fail() {
    printf 'pack: %s\n' "$1" >&2
    exit 1
}

systems=("$@")
[ $# -gt 0 ] || systems=(linux-x64 win-x64 osx-arm64)
out="$root/artifacts/packages"
rm -rf "$out"
for project in "$root"/src/*/*.csproj; do
    grep -q '<IsPackable>true' "$project" || continue
    printf 'pack: %s\n' "$(basename "$project" .csproj)"
    # A semicolon would separate properties.
    dotnet pack "$project" -c Release -o "$out" -v quiet -tl:off -p:ToolSystems="$(IFS=';'; printf '%s' "${systems[*]}" | sed 's/;/%3B/g')" ||
        fail "$(basename "$project" .csproj) could not be packed: see above."
done
dotnet run "$root/eng/check-packages.cs" -- "$out" || fail "The packages are not as they should be: see above."
printf 'pack: the packages are in %s\n' "$out"
