#!/usr/bin/env bash
# Installs what is missing, builds the tool and generates a WAV file for each description, into out/ unless -o says otherwise:
#   ./demo.sh "doorbell ringing" "rain on a window" --duration 3
#   ./demo.sh "and then thunder" --continue out/rain-on-a-window.wav --duration 5
# The options are those of `audiocraft generate` (./demo.sh --help lists them), and --continue FILE, which continues a recording.
# Each file is printed with its seed: --seed N with the same text gives the same audio again.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

command=(generate) options=() output=(-o out/) has_text=
while [ $# -gt 0 ]; do
    case $1 in
        --continue) [ $# -gt 1 ] || fail "--continue needs a file."; command=(continue "$2"); shift ;;
        -o | --output | --out) [ $# -gt 1 ] || fail "$1 needs a value."; output=(-o "$2"); shift ;;
        -*) options+=("$1"); case $1 in --png | --json | --long | --offline | --help | -h | -\? | --*=*) ;; *) [ $# -gt 1 ] && { options+=("$2"); shift; } ;; esac ;;
        *) options+=("$1"); has_text=1 ;;
    esac
    shift
done
[ -n "$has_text" ] || [ "${command[0]}" = continue ] || case " ${options[*]-} " in *" --help "* | *" -h "* | *" --file "*) ;; *) options+=("a dog barks in the distance") ;; esac

echo "demo: setting up" >&2
"$root/eng/setup.sh" "$root/src/AudioCraft.Cli" >&2 || fail "The setup failed: see above."

echo "demo: building" >&2
log=$(mktemp) || fail "No temporary file could be created."
trap 'rm -f "$log"' EXIT
dotnet build "$root/src/AudioCraft.Cli" --no-restore -c Release -v quiet -tl:off >"$log" 2>&1 || { cat "$log" >&2; fail "The build failed: see above."; }

echo "demo: running audiocraft ${command[0]}" >&2
rm -f "$log"
exec dotnet "$root/src/AudioCraft.Cli/bin/Release/net10.0/audiocraft.dll" "${command[@]}" "${options[@]}" "${output[@]}"
