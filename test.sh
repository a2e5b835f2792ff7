#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Arguments go to `dotnet test`: ./test.sh --filter Name~Wav
# The last line is `N passed, N failed`; the exit status is 0 only if tests ran and none failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
passed=0 failed=0

# Prints an error message, if given, and the last line, and exits.
finish() {
    [ $# -eq 0 ] || printf '%s\n' "$1" >&2
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ $# -eq 0 ] && [ "$failed" -eq 0 ]
    exit
}

echo "test: setting up"
"$root/eng/setup.sh" || finish "The setup failed: see above."

echo "test: building (about a minute)"
dotnet build "$root/AudioCraft.sln" --no-restore -c Release -v minimal -tl:off "-clp:ErrorsOnly;NoSummary" || finish "The build failed: see above."

echo "test: running every test"
results=$(mktemp -d) || finish "No temporary directory could be created."
trap 'rm -rf "$results"' EXIT
dotnet test "$root/AudioCraft.sln" -c Release --no-build -m:1 --logger trx --results-directory "$results" "$@" </dev/null
status=$?

# Each test project leaves one file with one line like <Counters total="9" executed="9" passed="9" failed="0" error="0" timeout="0" aborted="0" … />.
count() { cat "$results"/*.trx 2>/dev/null | grep -o '<Counters [^>]*>' | grep -oE " ($1)=\"[0-9]+\"" | grep -oE '[0-9]+' | awk '{ sum += $1 } END { print sum + 0 }'; }
passed=$(count passed)
failed=$(count 'failed|error|timeout|aborted')

if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
    finish "A test run ended early: see above. It counts as one failure."
fi
[ $((passed + failed)) -gt 0 ] || finish "No test ran."
[ "$failed" -eq 0 ] || finish "Some tests failed: see above."
finish
