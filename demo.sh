#!/usr/bin/env bash
# Installs what is missing, builds, and turns text into WAV files: ./demo.sh "doorbell ringing" "rain on window" --duration 3
# `./demo.sh --help` lists the arguments. Paths are relative to where it is called from.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

echo "demo: setting up"
"$root/eng/setup.sh" "$root/samples/TextToSound" || fail "The setup failed: see above."

echo "demo: building"
dotnet build "$root/samples/TextToSound" --no-restore -c Release -v minimal -tl:off "-clp:ErrorsOnly;NoSummary" || fail "The build failed: see above."

echo "demo: running"
exec dotnet "$root/samples/TextToSound/bin/Release/net10.0/TextToSound.dll" "$@"
