"""The language models of the released shapes in plain PyTorch, with random weights, generating as the Python implementation does.

Two rows (with the text and without), keys and values of the past concatenated at every step, those of the text projected again at
every step, softmax attention written out (fused on a GPU), one linear a codebook, top-k sampling: so it is there.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

from timing import serve

CODEBOOKS, CARDINALITY, TEXT_LENGTH = 4, 2048, 12


def attention(q, k, v):
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v)
    return torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), -1) @ v


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.in_proj = nn.Linear(dim, 3 * dim, bias=False)
        self.out_proj = nn.Linear(dim, dim, bias=False)

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def merge(self, x):
        return self.out_proj(x.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.self_attention, self.cross_attention = Attention(dim, heads), Attention(dim, heads)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(3))
        self.wide, self.narrow = nn.Linear(dim, 4 * dim, bias=False), nn.Linear(4 * dim, dim, bias=False)

    def forward(self, x, text, past):
        own = self.self_attention
        q, k, v = (own.split(part) for part in own.in_proj(self.norms[0](x)).chunk(3, -1))
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        x = x + own.merge(attention(q, k, v))
        cross = self.cross_attention
        wq, wk, wv = cross.in_proj.weight.chunk(3)
        q = cross.split(F.linear(self.norms[1](x), wq))
        tk, tv = cross.split(F.linear(text, wk)), cross.split(F.linear(text, wv))
        x = x + cross.merge(attention(q, tk, tv))
        return x + self.narrow(F.gelu(self.wide(self.norms[2](x)))), (k, v)


class LanguageModel(nn.Module):
    def __init__(self, dim, heads, layers):
        super().__init__()
        self.dim = dim
        self.embeddings = nn.ModuleList(nn.Embedding(CARDINALITY + 1, dim) for _ in range(CODEBOOKS))
        self.layers = nn.ModuleList(Layer(dim, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)
        self.heads = nn.ModuleList(nn.Linear(dim, CARDINALITY, bias=False) for _ in range(CODEBOOKS))

    def position(self, step):
        half = self.dim // 2
        phase = step / 10000 ** (torch.arange(half, dtype=torch.float32) / (half - 1))
        return torch.cat([phase.cos(), phase.sin()])

    def forward(self, codes, text, past, step):
        x = sum(embedding(codes[:, k]) for k, embedding in enumerate(self.embeddings)) + self.position(step).to(codes.device, self.norm.weight.dtype)
        now = []
        for layer, before in zip(self.layers, past):
            x, after = layer(x, text, before)
            now.append(after)
        x = self.norm(x)
        return torch.stack([head(x) for head in self.heads], 1)[:, :, -1], now


def sample(logits, k=250):
    probabilities = torch.softmax(logits.float(), -1)
    threshold = torch.topk(probabilities, k).values[..., -1:]
    kept = probabilities * (probabilities >= threshold)
    return torch.multinomial(kept.flatten(0, -2) / kept.flatten(0, -2).sum(-1, keepdim=True), 1).view(*logits.shape[:-1], 1)


def generation(dim, heads, layers, steps, batch=1):
    def prepare():
        model = LanguageModel(dim, heads, layers).eval()
        text = torch.cat([torch.randn(batch, TEXT_LENGTH, dim), torch.zeros(batch, TEXT_LENGTH, dim)])

        def run():
            past, codes = [None] * layers, torch.full((batch, CODEBOOKS, 1), CARDINALITY)
            for step in range(steps):
                logits, past = model(torch.cat([codes, codes]), text, past, step)
                guided, free = logits.chunk(2)
                codes = sample(free + 3 * (guided - free))
        return run
    return prepare


if __name__ == "__main__":
    serve({
        "musicgen-small-steps": generation(1024, 16, 24, 10),
        "audiogen-medium-steps": generation(1536, 24, 48, 5),
        "musicgen-small-100": generation(1024, 16, 24, 100),
        "audiogen-medium-100": generation(1536, 24, 48, 100),
        "tiny-100": generation(64, 4, 2, 100),
        "musicgen-small-batch-4": generation(1024, 16, 24, 10, 4),
        "musicgen-small-batch-16": generation(1024, 16, 24, 10, 16),
    })
