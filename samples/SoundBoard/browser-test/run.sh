#!/usr/bin/env bash
# Tests the page in a headless Chromium: samples/SoundBoard/browser-test/run.sh [folder for screenshots]
# Needs Node.js 20, npm and Chromium (CHROMIUM=/path/to/it, or one on the PATH). Exits with 77 where they are missing, as tests do that were not run.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

skip() {
    printf 'browser-test: not run: %s\n' "$1"
    exit 77
}

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && CHROMIUM=$(command -v "$name") && break
done
[ -n "${CHROMIUM:-}" ] || skip "there is no Chromium; on Debian: apt-get install chromium"
command -v node >/dev/null && command -v npm >/dev/null || skip "there is no Node.js with npm"
export CHROMIUM SCREENSHOTS="${1:-}"
[ -z "$SCREENSHOTS" ] || { mkdir -p "$SCREENSHOTS" && SCREENSHOTS=$(cd "$SCREENSHOTS" && pwd); } || exit 1

"$root/eng/setup.sh" || exit 1
dotnet build "$root/samples/SoundBoard" -c Release -v minimal -tl:off "-clp:ErrorsOnly;NoSummary" || exit 1
(cd "$here" && npm ci --no-audit --no-fund --loglevel=error) || skip "npm could not install playwright-core"
exec node --test --test-reporter=spec "$here"/*.test.js
