#!/usr/bin/env bash
# Makes every package into artifacts/packages, and checks what is in them: ./eng/pack.sh
# Where the NuGet feed lacks TorchSharp or NAudio, the packages that depend on them cannot be made: it says which and why, and makes the rest.
#   ./eng/pack.sh --rehearse    on such a machine, makes all of them all the same, in a temporary directory and from what is committed, against stand-ins
#                               for the missing packages; installs the tool and builds an application from them. Nothing of it is for publishing.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

say() { printf 'pack: %s\n' "$1"; }
fail() {
    printf 'pack: %s\n' "$1" >&2
    exit 1
}

if [ "${1:-}" = --rehearse ]; then
    exec "$root/eng/rehearse-packages.sh"
fi

"$root/eng/setup.sh" || fail "The setup failed: see above."
out="$root/artifacts/packages"
rm -rf "$out"
skipped=0
for project in "$root"/src/*/*.csproj; do
    grep -q '<IsPackable>true' "$project" || continue
    name=$(basename "$project" .csproj)
    missing=()
    # A project reference leads to Core, so every package but the models' needs TorchSharp.
    grep -q '<UsesTorchSharp>true' "$project" && grep -q '<TorchBackend>system' "$root/Directory.Build.local.props" 2>/dev/null && missing+=(TorchSharp)
    grep -q '<UsesNAudio>true' "$project" && grep -q '<NAudioBackend>system' "$root/Directory.Build.local.props" 2>/dev/null && missing+=(NAudio)
    if [ ${#missing[@]} -gt 0 ]; then
        say "$name is not made: it depends on ${missing[*]}, which this machine's NuGet feed does not have. Make it where the feed has it."
        skipped=$((skipped + 1))
        continue
    fi
    say "making $name"
    dotnet pack "$project" -c Release -o "$out" -v quiet -tl:off || fail "$name could not be made: see above."
done

dotnet run "$root/eng/check-packages.cs" -- "$out" || fail "What is in the packages is not what should be: see above."
say "the packages are in $out$([ "$skipped" -eq 0 ] || printf ', but for %s that this machine cannot make' "$skipped")"
