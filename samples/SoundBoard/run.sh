#!/usr/bin/env bash
# Installs what is missing, builds, and serves the page: samples/SoundBoard/run.sh [--urls http://localhost:5080] [--SoundBoard:Model=facebook/audiogen-medium]
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

"$root/eng/setup.sh" || fail "The setup failed: see above."
echo "soundboard: building (the first time takes a minute or two)"
dotnet build "$here" -c Release -v minimal -tl:off "-clp:ErrorsOnly;NoSummary" || fail "The build failed: see above."
exec dotnet "$here/bin/Release/net10.0/SoundBoard.dll" "$@"
