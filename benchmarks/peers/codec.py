"""EnCodec of the released shapes in plain PyTorch, with random weights: what a user of the Python implementation runs.

weight_norm stays a hook that computes the weight on every call, padding is a copy before each convolution,
activations are modules, and the LSTM is nn.LSTM: so are they there.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import weight_norm

from timing import serve

SECONDS = 10


class PaddedConv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, dilation=1, causal=False, mode="constant", group_norm=False):
        super().__init__()
        conv = nn.Conv1d(inputs, outputs, kernel, stride, dilation=dilation)
        self.conv = nn.Sequential(conv, nn.GroupNorm(1, outputs)) if group_norm else weight_norm(conv)
        self.span, self.stride, self.causal, self.mode = (kernel - 1) * dilation + 1, stride, causal, mode

    def forward(self, x):
        fixed = self.span - self.stride
        extra = math.ceil(x.shape[-1] / self.stride) * self.stride - x.shape[-1]
        right = 0 if self.causal else fixed // 2
        return self.conv(F.pad(x, (fixed - right, right + extra), self.mode))


class TrimmedTransposedConv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, causal=False, group_norm=False):
        super().__init__()
        conv = nn.ConvTranspose1d(inputs, outputs, kernel, stride)
        self.conv = nn.Sequential(conv, nn.GroupNorm(1, outputs)) if group_norm else weight_norm(conv)
        self.surplus, self.causal = kernel - stride, causal

    def forward(self, x):
        y = self.conv(x)
        right = self.surplus if self.causal else self.surplus // 2
        return y[..., self.surplus - right:y.shape[-1] - right]


class Residual(nn.Module):
    def __init__(self, width, true_skip, **conv):
        super().__init__()
        self.branch = nn.Sequential(
            nn.ELU(), PaddedConv(width, width // 2, 3, **conv), nn.ELU(), PaddedConv(width // 2, width, 1, **conv))
        self.skip = nn.Identity() if true_skip else PaddedConv(width, width, 1, **conv)

    def forward(self, x):
        return self.skip(x) + self.branch(x)


class SkippedLSTM(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.lstm = nn.LSTM(width, width, 2)

    def forward(self, x):
        x = x.permute(2, 0, 1)
        y, _ = self.lstm(x)
        return (y + x).permute(1, 2, 0)


def build_encoder(filters, ratios, true_skip, channels=1, **conv):
    layers, width = [PaddedConv(channels, filters, 7, **conv)], filters
    for ratio in reversed(ratios):
        layers += [Residual(width, true_skip, **conv), nn.ELU(), PaddedConv(width, 2 * width, 2 * ratio, ratio, **conv)]
        width *= 2
    return nn.Sequential(*layers, SkippedLSTM(width), nn.ELU(), PaddedConv(width, 128, 7, **conv)).eval()


def build_decoder(filters, ratios, true_skip, channels=1, **conv):
    width = filters * 2 ** len(ratios)
    layers = [PaddedConv(128, width, 7, **conv), SkippedLSTM(width)]
    for ratio in ratios:
        layers += [nn.ELU(), TrimmedTransposedConv(width, width // 2, 2 * ratio, ratio, conv["causal"], conv.get("group_norm", False)), Residual(width // 2, true_skip, **conv)]
        width //= 2
    return nn.Sequential(*layers, nn.ELU(), PaddedConv(width, channels, 7, **conv)).eval()


def nearest(x, codebook):
    entries = codebook.t()
    return -(x.pow(2).sum(1, keepdim=True) - 2 * x @ entries + entries.pow(2).sum(0, keepdim=True))


def quantize(latent, codebooks):
    residual, codes = latent.transpose(1, 2), []
    for codebook in codebooks:
        indices = nearest(residual.reshape(-1, residual.shape[-1]), codebook).max(-1).indices.view(residual.shape[:-1])
        residual = residual - F.embedding(indices, codebook)
        codes.append(indices)
    return torch.stack(codes, 1)


def dequantize(codes, codebooks):
    return sum(F.embedding(codes[:, k], codebook).transpose(1, 2) for k, codebook in enumerate(codebooks))


def codec(direction, rate, filters, ratios, codebook_count, bins, true_skip, causal, mode):
    def prepare():
        codebooks = [torch.randn(bins, 128) for _ in range(codebook_count)]
        conv = dict(causal=causal, mode=mode)
        if direction == "encode":
            encoder = build_encoder(filters, ratios, true_skip, **conv)
            sound = torch.randn(1, 1, SECONDS * rate)
            return lambda: quantize(encoder(sound), codebooks)
        decoder = build_decoder(filters, ratios, true_skip, **conv)
        codes = torch.randint(0, bins, (1, codebook_count, SECONDS * rate // math.prod(ratios)))
        return lambda: decoder(dequantize(codes, codebooks))
    return prepare


def segmented(direction, rate, filters, ratios, codebook_count, bins, channels):
    """The stereo model: segments of a second with one percent of overlap, each brought to unit volume."""
    def prepare():
        codebooks = [torch.randn(bins, 128) for _ in range(codebook_count)]
        conv = dict(causal=False, mode="reflect", group_norm=True, channels=channels)
        encoder, decoder = build_encoder(filters, ratios, False, **conv), build_decoder(filters, ratios, False, **conv)
        sound, stride = torch.randn(1, channels, SECONDS * rate), int(0.99 * rate)

        def encode():
            frames = []
            for start in range(0, sound.shape[-1], stride):
                part = sound[..., start:start + rate]
                scale = part.mean(1, keepdim=True).pow(2).mean(2, keepdim=True).sqrt() + 1e-8
                frames.append((quantize(encoder(part / scale), codebooks), scale))
            return frames

        def decode(frames):
            parts = [decoder(dequantize(codes, codebooks)) * scale for codes, scale in frames]
            total = stride * (len(parts) - 1) + parts[-1].shape[-1]
            out, weights = torch.zeros(1, channels, total), torch.zeros(total)
            ramp = 0.5 - (torch.linspace(0, 1, rate + 2)[1:-1] - 0.5).abs()
            for i, part in enumerate(parts):
                place = slice(i * stride, i * stride + part.shape[-1])
                out[..., place] += ramp[:part.shape[-1]] * part
                weights[place] += ramp[:part.shape[-1]]
            return out / weights

        if direction == "encode":
            return encode
        frames = encode()
        return lambda: decode(frames)
    return prepare


SHAPES = {
    "audiogen-16k": dict(rate=16000, filters=64, ratios=[8, 5, 4, 2], codebook_count=4, bins=2048, true_skip=True, causal=False, mode="constant"),
    "encodec-24k": dict(rate=24000, filters=32, ratios=[8, 5, 4, 2], codebook_count=32, bins=1024, true_skip=False, causal=True, mode="reflect"),
    "encodec-32k": dict(rate=32000, filters=64, ratios=[8, 5, 4, 4], codebook_count=4, bins=2048, true_skip=True, causal=False, mode="constant"),
}

if __name__ == "__main__":
    rows = {f"{name}-{direction}": codec(direction, **shape) for name, shape in SHAPES.items() for direction in ("encode", "decode")}
    for direction in ("encode", "decode"):
        rows[f"encodec-48k-{direction}"] = segmented(direction, 48000, 32, [8, 5, 4, 2], 16, 1024, 2)
    serve(rows)
