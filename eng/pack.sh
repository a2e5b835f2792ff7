#!/usr/bin/env bash
# Creates every package in artifacts/packages and checks their contents:
#   eng/pack.sh                      the tool for this machine's system only (about a minute)
#   eng/pack.sh all                  the tool for linux-x64, win-x64 and osx-arm64; each contains a libtorch of 0.5 GB
#   eng/pack.sh linux-x64 win-x64    the tool for these systems
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

fail() {
    printf 'pack: %s\n' "$1" >&2
    exit 1
}

case "$(uname -s)" in
    Linux) systems=(linux-x64) ;;
    Darwin) systems=(osx-arm64) ;;
    *) systems=(win-x64) ;;
esac
[ "${1:-}" != all ] || { systems=(linux-x64 win-x64 osx-arm64); shift; }
[ $# -eq 0 ] || systems=("$@")
for system in "${systems[@]}"; do
    case $system in
        linux-x64 | win-x64 | osx-arm64) ;;
        *) sed -n '2,5p' "${BASH_SOURCE[0]}"; fail "'$system' is not one of linux-x64, win-x64, osx-arm64, all." ;;
    esac
done

out="$root/artifacts/packages"
new=$(mktemp -d) || fail "No temporary folder could be created."
trap 'rm -rf "$new"' EXIT
for project in "$root"/src/*/*.csproj; do
    grep -q '<IsPackable>true' "$project" || continue
    printf 'pack: %s\n' "$(basename "$project" .csproj)"
    # A semicolon would separate properties.
    dotnet pack "$project" -c Release -o "$new" -v quiet -tl:off -p:ToolSystems="$(IFS=';'; printf '%s' "${systems[*]}" | sed 's/;/%3B/g')" ||
        fail "$(basename "$project" .csproj) could not be packed: see above."
done
# The published folders, 0.5 GB per system, are in the packages.
rm -rf "$root"/src/AudioCraft.Cli/bin/Release/*/*/publish
dotnet run "$root/eng/check-packages.cs" -- "$new" || fail "The package check failed: see above."
mkdir -p "$out" && rm -f "$out"/*.nupkg "$out"/*.snupkg && mv "$new"/*.nupkg "$new"/*.snupkg "$out/" || fail "The packages could not be moved to $out."
printf 'pack: the packages are in %s\n' "$out"
