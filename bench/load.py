#!/usr/bin/env python3
"""A server under many streams whose clients come and go: every stream ends properly, nothing leaks, memory is flat.

    bench/load.py build/release/ferry [--model pilot] [--streams 500] [--requests 20000] [--leave 0.3]

Prints one line for each tenth of the requests and ends with 1 where something was wrong. Arguments after -- go to
`ferry serve`.
"""

import argparse
import asyncio
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests/e2e"))
from load import Load  # noqa: E402

ROUNDS = 10
GROWTH = 0.05  # of the memory after the first two rounds


async def measure(options, port, model):
    memory = []
    wrong = 0
    for i in range(ROUNDS):
        load = Load(port, model, options.streams, options.requests // ROUNDS, options.leave, options.max_tokens, seed=i + 1)
        began = time.monotonic()
        await load.run()
        took = time.monotonic() - began
        left = await load.given_back()
        memory.append(await load.number("process_resident_memory_bytes") / 2**20)
        made = await load.number("vllm:generation_tokens_total")
        preempted = await load.number("vllm:num_preemptions_total")
        print(
            f"{load.requests} requests in {took:.1f} s: {dict(load.outcomes)}, {memory[-1]:.1f} MiB, "
            f"{made:.0f} tokens and {preempted:.0f} preemptions so far, left behind: {left or 'nothing'}",
            flush=True,
        )
        for ending in load.wrong[:3]:
            print("  ended wrongly:", ending)
        wrong += len(load.wrong) + len(left)
    growth = memory[-1] / memory[1] - 1
    print(f"memory grew by {growth:.1%} since the second round (at most {GROWTH:.0%})")
    return wrong == 0 and growth <= GROWTH


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--model", default="pilot")
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--requests", type=int, default=20000)
    parser.add_argument("--leave", type=float, default=0.3)
    parser.add_argument("--max-tokens", type=int, default=64)
    own, served = sys.argv[1:], []
    if "--" in own:
        at = own.index("--")
        own, served = own[:at], own[at + 1 :]
    options = parser.parse_args(own)
    # Each stream is a file on both sides.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with tempfile.TemporaryFile() as log:
        command = [options.binary, "serve", options.model, "--port", "0", "--served-model-name", "load"]
        server = subprocess.Popen([*command, "--log-level", "warning", *served], stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            ready = server.stdout.readline()
            if "Ferry is ready" not in ready:
                log.seek(0)
                sys.exit(f"no server: {log.read().decode()}")
            port = int(ready.split("/v1")[0].rsplit(":", 1)[1])
            good = asyncio.run(measure(options, port, "load"))
        finally:
            server.terminate()
            code = server.wait(60)
    print("stopped with", code)
    return 0 if good and code == 0 else 1


if __name__ == "__main__":
    os.chdir(pathlib.Path(__file__).parents[1])
    sys.exit(main())
