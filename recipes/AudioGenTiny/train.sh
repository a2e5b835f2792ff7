#!/usr/bin/env bash
# Trains a model like audiogen-tiny from random weights: ./train.sh [working folder, out/audiogen-tiny] [checkpoint folder, checkpoint in the working folder]
# Takes about 3.5 hours on two cores of an AMD EPYC (Zen 4): codec 12 minutes, codes up to 50 minutes, language model 150 minutes.
# An interrupted run resumes when it is repeated. The tracked files in models/audiogen-tiny are only replaced if that folder is given as the checkpoint folder.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=${1:-$root/out/audiogen-tiny}
model=${2:-$work/checkpoint}
mkdir -p "$work"
printf 'train: about 3.5 hours on two cores; repeat the command to resume; the checkpoint will be in %s\n' "$model"

# Two threads with half of a batch each are faster than two threads per operation. Freed memory is kept for the next step.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456
precision=float32
if grep -qs avx512_bf16 /proc/cpuinfo; then precision=bfloat16; fi

dotnet build "$root/recipes/AudioGenTiny" -c Release -v quiet -tl:off
train() { dotnet "$root/recipes/AudioGenTiny/bin/Release/net10.0/AudioGenTiny.Recipe.dll" "$@"; }

[ -f "$work/spiece.model" ] || train tokenizer --out "$work/spiece.model"
train codec --run "$work/codec-run" --out "$work/codec"

# Two processes in parallel: sounds of all kinds, and more of the kinds that are hard to learn. Files are written atomically.
hard=Siren,Phone,AlarmClock,Applause,Whistle,Crickets,TrainHorn,Cat
codes() { [ -f "$work/$1.safetensors" ] || train codes --codec "$work/codec" --out "$work/$1.safetensors" --threads 1 "${@:2}"; }
codes all-1 --count 25000 &
codes all-2 --count 18000 --seed 25000
codes hard --count 7000 --seed 1000000 --kinds "$hard"
wait $!
codes valid --count 64 --seed 9000000 --held-out 1
train lm --codec "$work/codec" --tokenizer "$work/spiece.model" --train "$work/all-1.safetensors,$work/all-2.safetensors,$work/hard.safetensors" --valid "$work/valid.safetensors" \
    --run "$work/lm-run" --out "$model" --precision "$precision"
