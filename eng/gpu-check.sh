#!/usr/bin/env bash
# Checks and measures the library on a GPU. Machines with one often have PyTorch, CMake and a compiler, but neither .NET nor a network, so it goes in two steps:
#   eng/gpu-check.sh publish     where .NET is: makes artifacts/gpu-check, which brings .NET's runtime with it
#   eng/gpu-check.sh run [--device cuda|cpu] [--out FOLDER] [--quick]
#                                where the GPU is, with artifacts/gpu-check carried along: builds the native half of TorchSharp-system against the
#                                PyTorch of $PYTHON (python3), runs the golden cases, compares with transformers where that is installed, measures
#                                speed and memory beside PyTorch, and writes FOLDER/gpu-check.md (artifacts/gpu-check-report if no folder is given)
# --quick measures tiny shapes alone. Ends with 0 only if everything passed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
app="$root/artifacts/gpu-check"

publish() {
    rm -rf "$app"
    dotnet publish "$root/eng/GpuCheck" -c Release -r linux-x64 --self-contained -p:TorchBackend=system -p:DebugType=none -o "$app" -v q -nodeReuse:false
    rm -f "$app"/*.xml "$app"/libtorch_system_shim.so
    printf 'gpu-check: %s is ready to be carried along\n' "$(du -sh "$app" | tr '\t' ' ')"
}

# Fresh objects for each PyTorch; Debian's, which lies in the system's folders, needs no telling.
build_shim() {
    local build="$app/native" prefix options=()
    prefix=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path)') || { echo "gpu-check: $python has no PyTorch" >&2; exit 1; }
    [ -f "$prefix/Torch/TorchConfig.cmake" ] && options=(-DTorch_DIR="$prefix/Torch")
    # From 2.14 on PyTorch's headers ask for C++20.
    "$python" -c 'import sys, torch; sys.exit(tuple(int(n) for n in torch.__version__.split(".")[:2]) < (2, 14))' && options+=(-DCMAKE_CXX_STANDARD=20)
    rm -rf "$build"
    mkdir -p "$build"
    if ! { cmake -S "$root/src/compat/TorchSharp-system/native" -B "$build" -DCMAKE_BUILD_TYPE=Release "${options[@]}" &&
        cmake --build "$build" --parallel "$(nproc)"; } >"$build/build.log" 2>&1; then
        tail -n 60 "$build/build.log" >&2
        echo "gpu-check: the native half did not build (above, and in $build/build.log)" >&2
        exit 1
    fi
    cp "$build/libtorch_system_shim.so" "$app/"
}

run() {
    local device=cuda out="$root/artifacts/gpu-check-report" more=()
    while [ $# -gt 0 ]; do
        case $1 in
            --device) device=$2 && shift 2 ;;
            --out) out=$2 && shift 2 ;;
            --quick) more+=(--quick) && shift ;;
            *) echo "gpu-check: '$1' is not understood" >&2 && exit 2 ;;
        esac
    done
    [ -f "$app/AudioCraft.GpuCheck" ] || { echo "gpu-check: $app is missing: 'eng/gpu-check.sh publish' makes it where .NET is" >&2; exit 1; }
    python=$(command -v "${PYTHON:-python3}")
    mkdir -p "$out"
    build_shim
    local cases="$app/transformers"
    rm -rf "$cases"
    if "$python" -c 'import transformers, safetensors' 2>/dev/null; then
        "$python" "$app/transformers_cases.py" "$cases" || { echo "gpu-check: transformers_cases.py failed (above)" >&2; exit 1; }
        more+=(--transformers "$cases")
    else
        echo "gpu-check: transformers is not installed, so nothing is compared with it" >&2
    fi
    chmod +x "$app/AudioCraft.GpuCheck"
    # Recorded results are float32's: NVIDIA's libraries must not shorten it to TF32. The same holds for PyTorch's side.
    NVIDIA_TF32_OVERRIDE=0 AUDIOCRAFT_PEER_PYTHON="$python" "$app/AudioCraft.GpuCheck" --device "$device" --report "$out/gpu-check.md" "${more[@]}"
}

case ${1:-} in
    publish) publish ;;
    run) shift && run "$@" ;;
    *) sed -n '2,9p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
