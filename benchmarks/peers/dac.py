"""DAC of the 44.1 kHz shape in plain PyTorch, with random weights: what a user of the Python implementation runs.

weight_norm stays a hook that computes the weight on every call, and Snake is compiled by torch.jit.script: so are they there.
"""
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import weight_norm

from timing import serve

SECONDS, RATE, HOP = 2, 44100, 512
RATIOS, CODEBOOKS, BINS, CODE = [2, 4, 8, 8], 9, 1024, 8


@torch.jit.script
def periodic(x, slope):
    return x + (slope + 1e-9).reciprocal() * torch.sin(slope * x).pow(2)


class Snake(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.slope = nn.Parameter(torch.ones(1, width, 1))

    def forward(self, x):
        return periodic(x, self.slope)


def conv(inputs, outputs, kernel, **options):
    return weight_norm(nn.Conv1d(inputs, outputs, kernel, **options))


class Residual(nn.Module):
    def __init__(self, width, dilation):
        super().__init__()
        self.branch = nn.Sequential(
            Snake(width), conv(width, width, 7, dilation=dilation, padding=3 * dilation), Snake(width), conv(width, width, 1))

    def forward(self, x):
        return x + self.branch(x)


def residuals(width):
    return [Residual(width, dilation) for dilation in (1, 3, 9)]


def build_encoder():
    width, layers = 64, [conv(1, 64, 7, padding=3)]
    for ratio in RATIOS:
        layers += [*residuals(width), Snake(width), conv(width, 2 * width, 2 * ratio, stride=ratio, padding=ratio // 2)]
        width *= 2
    return nn.Sequential(*layers, Snake(width), conv(width, width, 3, padding=1)).eval()


def build_decoder():
    width, layers = 1536, [conv(1024, 1536, 7, padding=3)]
    for ratio in reversed(RATIOS):
        up = weight_norm(nn.ConvTranspose1d(width, width // 2, 2 * ratio, ratio, padding=ratio // 2))
        width //= 2
        layers += [Snake(2 * width), up, *residuals(width)]
    return nn.Sequential(*layers, Snake(width), conv(width, 1, 7, padding=3), nn.Tanh()).eval()


class Stage(nn.Module):
    def __init__(self):
        super().__init__()
        self.into, self.out, self.entries = conv(1024, CODE, 1), conv(CODE, 1024, 1), nn.Embedding(BINS, CODE)

    def forward(self, x):
        projected = self.into(x)
        rows, entries = F.normalize(projected.transpose(1, 2).reshape(-1, CODE)), F.normalize(self.entries.weight)
        distance = rows.pow(2).sum(1, keepdim=True) - 2 * rows @ entries.t() + entries.pow(2).sum(1)
        codes = distance.neg().max(1).indices.view(x.shape[0], -1)
        chosen = self.entries(codes).transpose(1, 2)
        return self.out(projected + (chosen - projected)), codes

    def restore(self, codes):
        return self.out(self.entries(codes).transpose(1, 2))


def quantize(x, stages):
    codes = []
    for stage in stages:
        quantized, chosen = stage(x)
        x = x - quantized
        codes.append(chosen)
    return torch.stack(codes, 1)


def encode():
    encoder, stages = build_encoder(), nn.ModuleList([Stage() for _ in range(CODEBOOKS)])
    sound = F.pad(torch.randn(1, 1, SECONDS * RATE), (0, -SECONDS * RATE % HOP))
    return lambda: quantize(encoder(sound), stages)


def decode():
    decoder, stages = build_decoder(), nn.ModuleList([Stage() for _ in range(CODEBOOKS)])
    codes = torch.randint(0, BINS, (1, CODEBOOKS, SECONDS * RATE // HOP))
    return lambda: decoder(sum(stage.restore(codes[:, k]) for k, stage in enumerate(stages)))


if __name__ == "__main__":
    serve({"dac-44k-encode": encode, "dac-44k-decode": decode})
