"""Small T5, EnCodec and DAC models with random weights, saved and run by transformers on a CPU: python transformers_cases.py FOLDER.

Each folder has config.json and model.safetensors as transformers saves them, and io.safetensors with inputs and results.
"""
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file


def save(folder, model, **tensors):
    model.save_pretrained(folder)
    save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, folder / "io.safetensors")


def t5(folder, **options):
    config = transformers.T5Config(vocab_size=96, d_model=32, d_kv=8, d_ff=64, num_layers=3, num_heads=4, **options)
    model = transformers.T5EncoderModel(config).eval()
    ids, mask = torch.randint(0, 96, (2, 40)), torch.ones(2, 40, dtype=torch.int64)
    mask[1, 25:] = 0
    save(folder, model, ids=ids, mask=mask, hidden=model(input_ids=ids, attention_mask=mask).last_hidden_state)


def encodec(folder):
    config = transformers.EncodecConfig(target_bandwidths=[3.0], sampling_rate=24000, num_filters=8, codebook_size=1024, hidden_size=32, codebook_dim=32)
    model = transformers.EncodecModel(config).eval()
    for layer in model.quantizer.layers:
        layer.codebook.embed.normal_()  # transformers leaves it zero, for a checkpoint to fill
    x = torch.randn(1, 1, 9600)
    codes = model.encode(x, bandwidth=3.0).audio_codes
    decoded = model.decode(codes, [None]).audio_values
    save(folder, model, x=x, codes=codes.reshape(1, -1, codes.shape[-1]), decoded=decoded)


def dac(folder):
    config = transformers.DacConfig(encoder_hidden_size=16, downsampling_ratios=[2, 4, 8], decoder_hidden_size=64, n_codebooks=4, codebook_size=64, codebook_dim=8, sampling_rate=16000)
    model = transformers.DacModel(config).eval()
    x = torch.randn(1, 1, 6400)
    codes = model.encode(x).audio_codes
    decoded = model.decode(audio_codes=codes).audio_values
    save(folder, model, x=x, codes=codes, decoded=decoded.reshape(1, 1, -1))


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    root.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    with torch.no_grad():
        t5(root / "t5", feed_forward_proj="relu")
        t5(root / "t5-gated", feed_forward_proj="gated-gelu")
        encodec(root / "encodec")
        dac(root / "dac")
    (root / "version.txt").write_text(f"{transformers.__version__} on PyTorch {torch.__version__}")
