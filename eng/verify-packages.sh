#!/usr/bin/env bash
# Uses the packages outside the repository, with a separate package cache: eng/verify-packages.sh
#   1. packs everything (eng/pack.sh) for this system
#   2. builds and runs the quick start of docs/quickstart.md: with the smallest set of packages, with TorchSharp-cpu, as a single file, and with project references
#   3. installs the tool and generates with it
#   4. publishes the sample for Windows and macOS and checks their native files
# The last line is `N passed, N failed`. It runs on Linux x64, downloads 0.5 GB and needs 3 GB in the temporary folder.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages="$root/artifacts/packages"
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' "$root/Directory.Build.props")
passed=0 failed=0

# check TITLE COMMAND...: runs a command; prints its output if it fails.
check() {
    local title=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        printf 'passed  %s\n' "$title"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n' "$title" >&2
        tail -n 30 "$work/log" >&2
    fi
}

# block LANGUAGE FILE [N]: the first or N-th block of a language in a Markdown file.
block() { awk -v start="\`\`\`$1" -v n="${3:-1}" '$0 == start && --n == 0 { inside = 1; next } inside && /^```/ { exit } inside' "$2"; }

# is_sound FILE [SAMPLES]: a 16-bit WAV with that many samples (5 s at 16 kHz by default), one of them louder than 1000.
is_sound() {
    [ "$(head -c 4 "$1")" = RIFF ] && [ "$(stat -c %s "$1")" -ge $((44 + 2 * ${2:-80000})) ] &&
        od -An -v -td2 -w2 -j44 "$1" | awk '$1 > 1000 || $1 < -1000 { loud = 1 } END { exit !loud }'
}

quick_start() {
    mkdir -p "$1" && cd "$1" &&
        block xml "$root/docs/quickstart.md" >Sounds.csproj && block csharp "$root/docs/quickstart.md" >Program.cs && [ -s Sounds.csproj ] && [ -s Program.cs ]
}

smallest() { quick_start "$work/smallest" && dotnet run -c Release && is_sound dog.wav; }

torchsharp_cpu() {
    quick_start "$work/cpu" &&
        sed -i -e '/libtorch-cpu/d' -e 's|Include="TorchSharp" |Include="TorchSharp-cpu" |' Sounds.csproj && grep -q 'TorchSharp-cpu' Sounds.csproj &&
        dotnet run -c Release && is_sound dog.wav
}

# An application that references only the other packages, through which it gets the build step of AudioCraft.Core.
all_packages() {
    quick_start "$work/all" &&
        sed -i -e 's|<PackageReference Include="AudioCraft.Core" \(.*\)/>|<PackageReference Include="AudioCraft.Hosting" \1/><PackageReference Include="AudioCraft.NAudio" \1/><PackageReference Include="AudioCraft.Training" \1/>|' Sounds.csproj &&
        cat >>Program.cs <<'PROGRAM' && dotnet run -c Release && is_sound dog.wav
Console.WriteLine($"{typeof(AudioCraft.Hosting.ISoundGenerator)} {typeof(AudioCraft.NAudio.NAudioFile)} {typeof(AudioCraft.Training.MelSpectrogram)}");
PROGRAM
}

# The project of another repository, which references the projects instead of the packages.
project_references() {
    mkdir -p "$work/projects" && cd "$work/projects" && block xml "$root/docs/quickstart.md" 2 | sed "s|>\.\./audiocraft<|>$root<|" >Sounds.csproj && grep -q "$root" Sounds.csproj &&
        block csharp "$root/docs/quickstart.md" >Program.cs && dotnet run -c Release && is_sound dog.wav
}

rebuild() { cd "$work/smallest" && rm dog.wav && dotnet build -c Release && dotnet build -c Release --no-incremental && dotnet run -c Release --no-build && is_sound dog.wav; }

published() { cd "$work/smallest" && rm -f dog.wav && dotnet publish -c Release -r linux-x64 --self-contained false -o "$work/published" && "$work/published/Sounds" && is_sound dog.wav; }

single_file() {
    cd "$work/smallest" && rm -f dog.wav &&
        dotnet publish -c Release -r linux-x64 --self-contained -p:PublishSingleFile=true -o "$work/single" && "$work/single/Sounds" && is_sound dog.wav
}

cache_unchanged() {
    local file
    for file in "$NUGET_PACKAGES"/torchsharp/*/torchsharp.*.nupkg; do
        cmp <(unzip -p "$file" runtimes/linux-x64/native/libLibTorchSharp.so) "$(dirname "$file")/runtimes/linux-x64/native/libLibTorchSharp.so" || return 1
    done
}

tool() {
    dotnet tool install AudioCraft.Cli --tool-path "$work/tool" --version "$version" && "$work/tool/audiocraft" devices &&
        "$work/tool/audiocraft" generate "heavy rain" --duration 1 -o "$work/rain.wav" && is_sound "$work/rain.wav" 16000
}

# publishes SYSTEM FILE...: the sample for another system contains these files.
publishes() {
    local system=$1 file
    shift
    dotnet publish "$root/samples/TextToSound" -c Release -r "$system" --self-contained false -o "$work/$system" || return 1
    for file in "$@"; do
        [ -s "$work/$system/$file" ] || { echo "$file is missing"; return 1; }
    done
    rm -rf "${work:?}/$system"
}

"$root/eng/pack.sh" linux-x64 || { echo '0 passed, 1 failed'; exit 1; }

# Our packages are restored from the folder, all others from the sources of this machine. A separate cache avoids conflicts with packages of the same version.
export NUGET_PACKAGES="$work/cache"
cat >"$work/Directory.Build.props" <<PROPS
<Project><PropertyGroup><RestoreAdditionalProjectSources>$packages</RestoreAdditionalProjectSources></PropertyGroup></Project>
PROPS

check 'the quick start runs from the packages' smallest
check 'it runs after a second build and a rebuild' rebuild
check 'it runs when published' published
check 'it runs as a single file' single_file
check 'it runs with TorchSharp-cpu' torchsharp_cpu
check 'an application with Hosting, NAudio and Training runs' all_packages
check 'an application with project references runs' project_references
check 'the files in the NuGet cache are unchanged' cache_unchanged
(cd "$work" && dotnet new nugetconfig >/dev/null 2>&1 && dotnet nuget add source "$packages" --name audiocraft --configfile nuget.config >/dev/null)
cd "$work" || exit 1
check 'the tool can be installed and generates' tool
unset NUGET_PACKAGES
grep -q '"TorchSharp/0.106.0"' "$root/samples/TextToSound/obj/project.assets.json" 2>/dev/null ||
    echo 'note: the NuGet feed lacks TorchSharp 0.106.0, so a publish for Windows contains 0.107.0, which does not load there (NuGet warns with NU1603)'
check 'the sample can be published for Windows' publishes win-x64 TextToSound.exe TorchSharp.dll LibTorchSharp.dll torch_cpu.dll c10.dll
check 'the sample can be published for macOS' publishes osx-arm64 TextToSound TorchSharp.dll libLibTorchSharp.dylib libtorch_cpu.dylib libc10.dylib
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
