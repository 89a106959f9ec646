#!/usr/bin/env python3
"""A server under many streams whose clients come and go: every stream ends properly, nothing leaks, memory is flat.

    bench/load.py build/release/ferry [--model pilot] [--streams 500] [--requests 20000] [--leave 0.3]

Prints one line for each tenth of the requests and ends with 1 where something was wrong. Arguments after -- go to
`ferry serve`.
"""

import argparse
import asyncio
import sys
import time

from server import serving, split  # first: it makes what tests/e2e has importable

from streams import Load  # isort: skip

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
    own, served = split(sys.argv[1:])
    options = parser.parse_args(own)
    with serving(options.binary, options.model, served) as server:
        good = asyncio.run(measure(options, server.port, "bench"))
    return 0 if good and server.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
