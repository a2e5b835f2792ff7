#!/usr/bin/env bash
# Finds out once what this machine builds against, and installs what that needs. Called by test.sh and demo.sh; calling it again costs a moment.
#   TorchSharp can be restored from the NuGet feed  →  TorchBackend stays `cpu`, nothing is written.
#   It cannot                                       →  `system`: Debian's libtorch through src/compat/TorchSharp-system,
#                                                      recorded in Directory.Build.local.props, which git ignores.
#   NAudio, in the same way                         →  NAudioBackend stays `package`, or becomes `system`: src/compat/NAudio-system over libsndfile.
# To choose by hand, write <TorchBackend>…</TorchBackend> or <NAudioBackend>…</NAudioBackend> into that file; Directory.Build.props lists the choices.
# A libtorch of your own: set CMAKE_PREFIX_PATH to the folder that has its include/ and lib/, and none is installed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
record="$root/Directory.Build.local.props"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

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

# The recorded value of a property, empty where there is none.
recorded() { sed -n "s|.*<$1>\(.*\)</$1>.*|\1|p" "$record" 2>/dev/null | head -n 1; }

write_down() {
    [ -s "$record" ] || printf '<Project>\n  <PropertyGroup>\n  </PropertyGroup>\n</Project>\n' >"$record" || fail "$record cannot be written."
    local line="    <$1>$2</$1>"
    awk -v line="$line" '/<\/PropertyGroup>/ && !done { print line; done = 1 } { print }' "$record" >"$record.new" && mv "$record.new" "$record" ||
        fail "$record cannot be written."
}

# Whether the feed has these packages in exactly the versions of Directory.Packages.props,
# tried in a project of its own so that nothing of this repository takes part.
restorable() {
    local directory package version status
    directory=$(mktemp -d) || fail "No temporary directory could be made."
    {
        printf '<Project Sdk="Microsoft.NET.Sdk">\n  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>\n  <ItemGroup>\n'
        for package in "$@"; do
            version=$(sed -n "s|.*Include=\"$package\" Version=\"\([^\"]*\)\".*|\1|p" "$root/Directory.Packages.props" | head -n 1)
            printf '    <PackageReference Include="%s" Version="[%s]" />\n' "$package" "$version"
        done
        printf '  </ItemGroup>\n</Project>\n'
    } >"$directory/probe.csproj"
    timeout 900 dotnet restore "$directory/probe.csproj" --verbosity quiet >/dev/null 2>&1
    status=$?
    rm -rf "$directory"
    return $status
}

install_packages() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    command -v apt-get >/dev/null ||
        fail "These are needed, and there is no apt-get to install them with: ${missing[*]}. Install them, or set CMAKE_PREFIX_PATH to a libtorch."
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "These must be installed by root, and there is no sudo: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq >/dev/null || say "the lists of packages could not be renewed: going on with those that are here"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "apt-get could not install ${missing[*]}: what it said is above."
}

set_up_system_torch() {
    local packages=(libopenblas0-pthread g++ cmake)
    [ -n "${CMAKE_PREFIX_PATH:-}${Torch_DIR:-}" ] || packages+=(libtorch-dev)
    if [ "$(uname -s)" = Linux ]; then
        install_packages "${packages[@]}"
    else
        command -v cmake >/dev/null || fail "CMake, a C++ compiler and a libtorch are needed: install them and set CMAKE_PREFIX_PATH to the libtorch."
    fi
}

choose_torch() {
    local backend
    backend=$(recorded TorchBackend)
    if [ -z "$backend" ]; then
        say "asking the NuGet feed for TorchSharp (the first answer may take minutes: it brings libtorch)"
        if restorable TorchSharp TorchSharp-cpu; then
            say "TorchSharp comes from the NuGet feed (cpu)"
            return
        fi
        say "the feed does not have it: using the libtorch of this machine (system)"
        set_up_system_torch
        write_down TorchBackend system
    elif [ "$backend" = system ]; then
        say "using the libtorch of this machine (system), as recorded in Directory.Build.local.props"
        set_up_system_torch
    else
        say "TorchSharp comes from the NuGet feed ($backend), as recorded in Directory.Build.local.props"
    fi
}

# Files of every format but WAV go through libsndfile, whichever NAudio it is. Playback needs libasound too, and says so where it lacks: tests and demo do not.
choose_naudio() {
    if [ -n "$(recorded NAudioBackend)" ]; then
        say "NAudio: $(recorded NAudioBackend), as recorded in Directory.Build.local.props"
    elif wait "$naudio_question"; then
        say "NAudio comes from the NuGet feed (package)"
    else
        say "the feed does not have NAudio: using the libsndfile of this machine (system)"
        write_down NAudioBackend system
    fi
    if [ "$(uname -s)" = Linux ]; then install_packages libsndfile1; fi
}

check_sdk
# Asked while the other question is, because a feed that has it not may take a minute to say so.
if [ -z "$(recorded NAudioBackend)" ]; then
    restorable NAudio.Core NAudio.SoundFile NAudio.Alsa NAudio.Wasapi &
    naudio_question=$!
fi
choose_torch
choose_naudio
say "done"
