#!/usr/bin/env bash
# Checks and measures the library on a machine with a GPU, in two steps, because such machines often have PyTorch but neither .NET nor NuGet:
#   eng/gpu-check.sh publish          on a machine with .NET: creates artifacts/gpu-check with the .NET runtime and TorchSharp, but without libtorch (below 64 MiB)
#   eng/gpu-check.sh publish --cuda   the same with TorchSharp-cuda-linux and its libtorch (5.9 GB), if the NuGet feed has it; the other machine then needs only the driver
#   eng/gpu-check.sh run [--device cuda|cpu] [--out FOLDER] [--quick]
#                                     on the machine with the GPU, with a copy of artifacts/gpu-check: computes the golden cases on the device, compares with
#                                     transformers if it is installed, measures speed and memory compared with PyTorch, and writes FOLDER/gpu-check.md
#                                     (artifacts/gpu-check-report by default). If published without libtorch, it uses that of PyTorch for $PYTHON (python3).
# --quick measures tiny shapes only. The exit status is 0 if everything passed.
#
# TorchSharp 0.107 was built for libtorch 2.10. Other versions of libtorch may not be binary compatible; the check reports whether they load.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
app="$root/artifacts/gpu-check"

fail() {
    printf 'gpu-check: %s\n' "$1" >&2
    exit 1
}

publish() {
    local backend=cpu
    [ "${1:-}" != --cuda ] || backend=cuda-linux
    rm -rf "$app"
    # The machine with the GPU may have an older C++ library than this one.
    dotnet publish "$root/eng/GpuCheck" -c Release -r linux-x64 --self-contained -p:TorchBackend=$backend -p:AudioCraftOlderLinux=true -p:DebugType=none -o "$app" -v q -nodeReuse:false
    rm -f "$app"/*.xml
    # Keeps only TorchSharp's own library; libtorch is that of the other machine.
    [ "$backend" != cpu ] || find "$app" -name '*.so*' \( -name 'libtorch*' -o -name 'libc10*' -o -name 'libgomp*' -o -name 'libshm*' -o -name 'libaoti*' -o -name 'libbackend_*' -o -name 'libjitbackend*' -o -name 'libnnapi*' \) -delete
    printf 'gpu-check: %s is ready to be copied\n' "$(du -sh "$app" | tr '\t' ' ')"
}

# The folders with PyTorch's libtorch and the CUDA libraries of its wheels.
pytorch_libraries() {
    "$python" - <<'PYTHON'
import glob, os, sys
try:
    import torch
except ImportError:
    sys.exit("PyTorch is not installed")
lib = os.path.join(os.path.dirname(torch.__file__), "lib")
site = os.path.dirname(os.path.dirname(torch.__file__))
print(":".join([lib] + sorted(glob.glob(os.path.join(site, "nvidia", "*", "lib")) + glob.glob(os.path.join(site, "nvidia", "*", "*", "lib")))))
print(f"gpu-check: libtorch of PyTorch {torch.__version__}", file=sys.stderr)
PYTHON
}

run() {
    local device=cuda out="$root/artifacts/gpu-check-report" more=()
    while [ $# -gt 0 ]; do
        case $1 in
            --device) device=$2 && shift 2 ;;
            --out) out=$2 && shift 2 ;;
            --quick) more+=(--quick) && shift ;;
            *) echo "gpu-check: unknown argument '$1'" >&2 && exit 2 ;;
        esac
    done
    [ -f "$app/AudioCraft.GpuCheck" ] || fail "$app is missing: create it with 'eng/gpu-check.sh publish' where .NET is installed"
    python=$(command -v "${PYTHON:-python3}" || true)
    mkdir -p "$out"
    if [ ! -e "$app/libtorch_cpu.so" ]; then
        [ -n "$python" ] || fail "there is no libtorch: install PyTorch, or publish with --cuda"
        LD_LIBRARY_PATH="$(pytorch_libraries)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" || fail "there is no libtorch: install PyTorch, or publish with --cuda"
        export LD_LIBRARY_PATH
        "$python" - "$app/libLibTorchSharp.so" <<'PYTHON' || fail "TorchSharp's library does not load on this libtorch (above). Publish with --cuda where the NuGet feed has TorchSharp-cuda-linux."
import ctypes, sys
ctypes.CDLL(sys.argv[1])
PYTHON
    fi
    local cases="$app/transformers"
    rm -rf "$cases"
    if [ -n "$python" ] && "$python" -c 'import transformers, safetensors' 2>/dev/null; then
        "$python" "$app/transformers_cases.py" "$cases" || fail "transformers_cases.py failed (above)"
        more+=(--transformers "$cases")
    else
        echo "gpu-check: transformers is not installed, so nothing is compared with it" >&2
    fi
    chmod +x "$app/AudioCraft.GpuCheck"
    # Recorded results are in float32, so NVIDIA's libraries must not use TF32. The same applies to PyTorch.
    NVIDIA_TF32_OVERRIDE=0 AUDIOCRAFT_PEER_PYTHON="$python" "$app/AudioCraft.GpuCheck" --device "$device" --report "$out/gpu-check.md" "${more[@]}"
}

case ${1:-} in
    publish) shift && publish "$@" ;;
    run) shift && run "$@" ;;
    *) sed -n '2,13p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
