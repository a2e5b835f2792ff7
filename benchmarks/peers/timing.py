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
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with torch.no_grad():
        torch.manual_seed(1)
        work = rows[arguments.row]()
        say({"ready": True, "torch": torch.__version__})
        for line in sys.stdin:
            if line.strip() == "run":
                start, cpu_start = time.perf_counter(), time.process_time()
                work()
                say({"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu_start})


def say(message):
    print(json.dumps(message), flush=True)
