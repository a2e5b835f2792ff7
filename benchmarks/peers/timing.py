"""What every peer shares: its arguments and the conversation with the benchmark (see Peer.cs)."""
import argparse
import json
import sys
import time

import torch


def serve(rows):
    """rows: name -> a function that builds the work and returns a function without arguments that does it once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--row", required=True, choices=sorted(rows))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    arguments = parser.parse_args()
    torch.set_default_dtype(getattr(torch, arguments.dtype))
    if arguments.device != "cpu":
        torch.set_default_device(arguments.device)  # PyTorch 2
    torch.set_num_threads(arguments.threads)
    with torch.no_grad():
        torch.manual_seed(1)
        work = rows[arguments.row]()
        say({"ready": True, "torch": torch.__version__})
        for line in sys.stdin:
            if line.strip() == "run":
                start, cpu_start = time.perf_counter(), time.process_time()
                work()
                if arguments.device != "cpu":
                    torch.cuda.synchronize()
                say({"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu_start})


def say(message):
    print(json.dumps(message), flush=True)
