"""Writes tests/data/checkpoints/*: small files of torch.save that TorchFileTests reads. Run with Debian's python3-torch: python3 tests/data/make_checkpoints.py"""
import collections
import os
import pathlib

import torch

out = pathlib.Path(__file__).parent / "checkpoints"
out.mkdir(exist_ok=True)
line = torch.arange(24, dtype=torch.float32)


def views():
    return {
        "whole": line,
        "shared": line.view(4, 6),
        "offset": line[5:9],
        "transposed": line.view(4, 6).t(),
        "strided": line[1::3],
        "columns": line.view(2, 3, 4)[:, :, 1],
        "scalar": line[7],
        "empty": line[:0].view(0, 3),
    }


def kinds():
    return {str(t).split(".")[1]: torch.tensor([0, 1, 2, 100]).to(t)
            for t in (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)}


torch.save(views(), out / "views.pt")
torch.save(kinds(), out / "kinds.pt")
torch.save(views(), out / "legacy_views.pt", _use_new_zipfile_serialization=False)
torch.save(kinds(), out / "legacy_kinds.pt", _use_new_zipfile_serialization=False)

layer = torch.nn.Linear(3, 2)
with torch.no_grad():
    layer.weight.copy_(torch.arange(6.0).view(2, 3))
    layer.bias.copy_(torch.tensor([-1.0, 1.0]))
plain = {"weight": layer.weight, "names": ["a", ("b", 2, 3.5, None, True)], "size": layer.weight.shape, "dtype": torch.float16,
         "big": 1 << 70, "negative": -(1 << 40), "bytes": collections.OrderedDict(x=1)}
torch.save({"best_state": layer.state_dict(), "more": plain, "text": "Zürich"}, out / "nested.pt")
torch.save({"best_state": layer.state_dict(), "more": plain, "text": "Zürich"}, out / "nested_protocol4.pt", pickle_protocol=4)


class Command:
    def __reduce__(self):
        return os.system, ("touch /tmp/audiocraft-was-here",)


torch.save({"weight": line[:2], "evil": Command()}, out / "malicious.pt")
torch.save({"weight": line[:2], "evil": Command()}, out / "legacy_malicious.pt", _use_new_zipfile_serialization=False)
