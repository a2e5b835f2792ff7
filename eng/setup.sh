#!/usr/bin/env bash
# Checks the .NET SDK, installs the system libraries that the tests need, and restores the packages of a project or solution.
# Called by demo.sh, test.sh and eng/pack.sh: eng/setup.sh [PROJECT], AudioCraft.sln by default. A second call takes a few seconds.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
project=${1:-$root/AudioCraft.sln}

say() { printf 'setup: %s\n' "$1"; }
fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

check_sdk() {
    command -v dotnet >/dev/null || fail "The .NET 10 SDK is missing: get it from https://dotnet.microsoft.com/download."
    dotnet --list-sdks | grep -qE '^(1[0-9]|[2-9][0-9])\.' ||
        fail "The .NET SDK is too old: version 10 or later is needed, from https://dotnet.microsoft.com/download."
}

# libsndfile reads and writes FLAC, Ogg, Opus, MP3 and AIFF; libasound plays audio. Without them everything works but that.
install_libraries() {
    [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null || return 0
    local missing=() as_root=() package
    has_package libsndfile1 || missing+=(libsndfile1)
    # Ubuntu 24.04 and Debian 13 renamed libasound2 to libasound2t64.
    has_package libasound2 || has_package libasound2t64 || missing+=(libasound2)
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { say "install the missing libraries with: apt-get install ${missing[*]}"; return 0; }
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq >/dev/null
    for package in "${missing[@]}"; do
        apt_install "$package" || { [ "$package" = libasound2 ] && apt_install libasound2t64; } ||
            say "$package could not be installed (see above): $([ "$package" = libsndfile1 ] && echo "audio files other than WAV cannot be read" || echo "audio cannot be played")"
    done
}

has_package() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Uses as_root of install_libraries.
apt_install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null; }

restore() {
    local log status package unreachable
    log=$(mktemp) || fail "No temporary file could be created."
    dotnet restore "$project" -v quiet -tl:off >"$log" 2>&1
    status=$?
    [ "$status" -eq 0 ] || cat "$log" >&2
    # NU1101: the feed lacks the package; NU1102: it lacks the version.
    package=$(sed -nE 's/.*NU110[12]: Unable to find (a stable )?package ([^ ]+( with version \([^)]*\))?).*/\2/p' "$log" | sed 's/\.$//' | sort -u | paste -sd, | sed 's/,/, /g')
    # NU1100: no source is configured; NU1301: a source does not respond.
    unreachable=$(grep -cE 'NU1100|NU1301' "$log")
    rm -f "$log"
    [ -z "$package" ] ||
        fail "The NuGet feed lacks $package. Add a source that has these packages with 'dotnet nuget add source', and try again."
    [ "$unreachable" -eq 0 ] || fail "No NuGet source could be used: check 'dotnet nuget list source' and the network, and try again."
    [ "$status" -eq 0 ] || fail "The packages could not be restored: see above."
}

check_sdk
install_libraries
say "restoring packages (the first run downloads libtorch, 130 MB)"
restore
say "done"
