#!/usr/bin/env python3
"""An hour of mixed requests, drawn from a seed and replayed faster: every answer ends as it should, nothing leaks.

    bench/replay.py build/release/ferry [--model pilot] [--hours 1] [--per-second 5] [--speed 15] [--seed 1]

Prints a line for each tenth of the time, and ends with 1 where something was wrong. Arguments after -- go to
`ferry serve`. What the requests are: tests/e2e/hour.py.
"""

import argparse
import asyncio
import sys
import time

from server import serving, split  # first: it makes what tests/e2e has importable

from hour import KEYS, Replay, Trace, process_at_rest, process_state  # isort: skip

GROWTH = 0.05  # of the memory after the first fifth


async def measure(options, server):
    trace = Trace(options.seed, options.hours * 3600, options.per_second)
    replay = Replay(server.port, "bench", trace, options.speed, key=KEYS[0])
    at_rest = await process_at_rest(server.pid, 0, seconds=0.2)
    resident = []

    async def watch(at_s):
        bytes_now, files, threads = process_state(server.pid)
        resident.append(bytes_now)
        running = await replay.number("vllm:num_requests_running")
        waiting = await replay.number("vllm:num_requests_waiting")
        made = await replay.number("vllm:generation_tokens_total")
        print(
            f"{at_s / 60:3.0f} min: {dict(replay.outcomes)}, {bytes_now / 2**20:.1f} MiB, {files} files, {threads} threads, "
            f"{running:.0f} running, {waiting:.0f} waiting, {made:.0f} tokens",
            flush=True,
        )

    began = time.monotonic()
    await replay.run(watch, options.hours * 360)
    took = time.monotonic() - began
    left = await replay.given_back()
    await watch(options.hours * 3600)
    after = await process_at_rest(server.pid, at_rest[1])
    hits = await replay.number("vllm:prefix_cache_hits_total") / await replay.number("vllm:prefix_cache_queries_total")
    preempted = await replay.number("vllm:num_preemptions_total")
    print(f"{len(trace.requests)} requests in {took:.0f} s, at most {replay.late_s:.1f} s late: {dict(replay.outcomes)}")
    print(f"{hits:.0%} of the prompts' tokens were cached, {preempted:.0f} preemptions, left behind: {left or 'nothing'}")
    for number, what in replay.wrong[:10]:
        print(f"  request {number}: {what}")
    growth = resident[-1] / resident[2] - 1
    print(f"memory grew by {growth:.1%} since the first fifth (at most {GROWTH:.0%})")
    print(f"files and threads at rest: {at_rest[1:]} before, {after[1:]} after")
    return not replay.wrong and not left and growth <= GROWTH and after[1:] == at_rest[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--model", default="pilot")
    parser.add_argument("--hours", type=float, default=1)
    parser.add_argument("--per-second", type=float, default=5)
    parser.add_argument("--speed", type=float, default=15)
    parser.add_argument("--seed", type=int, default=1)
    own, served = split(sys.argv[1:])
    options = parser.parse_args(own)
    with serving(options.binary, options.model, served, KEYS) as server:
        good = asyncio.run(measure(options, server))
    return 0 if good and server.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
