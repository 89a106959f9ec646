#!/usr/bin/env python3
"""What a gateway adds to a request: Ferry, with everything on, beside its peers, before the same mock upstream.

    bench/gateway/compare.py build/release/ferry --only ferry --profile quick
    bench/gateway/compare.py build/release/ferry --cache CACHE        # after bench/gateway/prepare.sh CACHE

README.md says what is measured and how. Arguments after -- go to `ferry serve`.
"""

import argparse
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import bodies
from peers import Bench
from processes import Watched, memory_mib

ROOT = pathlib.Path(__file__).parents[2]
KB = 1024
LONG = 100 * KB
STREAMS = 1000


@dataclass
class Profile:
    rounds: int
    seconds: float  # of one measurement at a constant rate
    busy_seconds: float  # of one measurement without pause
    busy_rounds: int
    rates: tuple = (1000, 200)


PROFILES = {"quick": Profile(3, 1.5, 1.5, 1), "full": Profile(5, 5, 5, 3)}


class Driver:
    def __init__(self, bench):
        self.bench = bench
        self.program = bench.build("load")

    def bodies(self, model, size, stream):
        name = f"{model.split('?')[0]}{'-slow' if '?' in model else ''}-{size}{'-stream' if stream else ''}.jsonl"
        file = self.bench.work / name.replace("/", "-")
        file.write_text(bodies.chat(model, size, stream))
        return file

    def load(self, peer, *, size=KB, stream=False, model=None, **flags):
        """What load.cpp prints, with the peer's CPU seconds and memory beside it."""
        command = [self.program, "--port", peer.port, "--bodies", self.bodies(model or peer.model, size, stream)]
        for header in peer.headers:
            command += ["--header", header]
        if stream:
            command += ["--end-mark", "[DONE]"]
        for name, value in flags.items():
            command += [f"--{name}", value]
        with Watched(peer.pid) as watched:
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{peer.name}: {done.stderr.strip()}")
        result = json.loads(done.stdout)
        if result["errors"]:
            print(f"{peer.name}: {result['errors']} of {result['sent']} requests", file=sys.stderr)
        result["cpu"] = watched.cpu
        result["memory"] = watched.memory
        return result


def median(results, *path):
    values = []
    for value in results:
        for key in path:
            value = value[key]
        values.append(value)
    return statistics.median(values)


def cpu_each(results):
    """Microseconds of CPU for each good answer: over all rounds, for the system counts in hundredths of a second."""
    return sum(one["cpu"] for one in results) / max(1, sum(one["good"] for one in results)) * 1e6


def table(rows, columns):
    print("| | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name, cells in rows:
        print(f"| {name} | " + " | ".join(cells) + " |")
    print(flush=True)


def constant_rate(driver, peers, rate, profile):
    """Latency beside that of the upstream itself, in turns."""
    for peer in peers:
        driver.load(peer, seconds=0.5, rate=rate)
    results = {peer.name: [] for peer in peers}
    for turn in range(profile.rounds):
        for peer in peers[::1 if turn % 2 else -1]:
            results[peer.name].append(driver.load(peer, seconds=profile.seconds, rate=rate))
    direct = results[peers[0].name]
    rows = []
    for peer in peers:
        got = results[peer.name]
        p50, p99 = (median(got, "latency_us", key) for key in ("p50", "p99"))
        added = [f"{p50 - median(direct, 'latency_us', 'p50'):.0f}", f"{p99 - median(direct, 'latency_us', 'p99'):.0f}"]
        rows.append((peer.name, [f"{p50:.0f}", f"{p99:.0f}", *(added if peer is not peers[0] else ["", ""]),
                                 f"{cpu_each(got):.0f}", f"{median(got, 'per_second'):.0f}",
                                 f"{median(got, 'lateness_us', 'p50'):.0f} / {median(got, 'lateness_us', 'p99'):.0f}"]))
    print(f"{rate} requests/s of 1 KB, from when each was due, in µs:\n")
    table(rows, ["p50", "p99", "added p50", "added p99", "CPU per request", "answered/s", "generator late p50 / p99"])


def closed_loop(driver, peers, profile):
    """The most that goes through at 64 connections."""
    rows = []
    kinds = [("whole", {}), ("stream", {"stream": True})]
    for peer in peers:
        cells = []
        for _, flags in kinds:
            driver.load(peer, seconds=0.3, connections=64, **flags)
            got = [driver.load(peer, seconds=profile.busy_seconds, connections=64, **flags) for _ in range(profile.busy_rounds)]
            cells += [f"{median(got, 'per_second'):.0f}", f"{cpu_each(got):.0f}",
                      f"{median(got, 'latency_us', 'p50') / 1000:.2f} / {median(got, 'latency_us', 'p99') / 1000:.2f}"]
        rows.append((peer.name, cells))
    print("64 connections without pause:\n")
    table(rows, ["whole/s", "CPU µs each", "p50 / p99 ms", "streams/s", "CPU µs each", "p50 / p99 ms"])


def long_prompts(driver, peers, profile):
    rows = []
    for peer in peers:
        driver.load(peer, size=LONG, seconds=0.3, connections=8)
        got = driver.load(peer, size=LONG, seconds=profile.busy_seconds, connections=8)
        megabytes = got["good"] * LONG / 1e6
        rows.append((peer.name, [f"{megabytes / got['seconds']:.0f}", f"{megabytes / got['cpu']:.0f}",
                                 f"{got['latency_us']['p50'] / 1000:.2f}"]))
    print("Prompts of 100 KB, 8 connections:\n")
    table(rows, ["MB/s", "MB per CPU second", "p50 ms"])


def many_streams(driver, peers, rounds):
    """1,000 streams of four seconds at the same time, each counted to its proper end."""
    rows = []
    for peer in peers:
        idle = memory_mib(peer.pid)
        got = [driver.load(peer, model=peer.slow_model, stream=True, seconds=30, connections=STREAMS, requests=STREAMS)
               for _ in range(rounds)]
        rows.append((peer.name, [" / ".join(str(one["good"]) for one in got), f"{idle:.0f}",
                                 " / ".join(f"{max(one['memory']):.0f}" for one in got), f"{memory_mib(peer.pid):.0f}",
                                 f"{got[-1]['seconds']:.2f}", f"{cpu_each(got) / 1000:.2f}"]))
    print(f"{STREAMS} streams at once, 40 tokens 100 ms apart, by round:\n")
    table(rows, ["ended properly", "memory before MiB", "most during", "after", "seconds", "CPU ms per stream"])


def measure(options, bench, profile):
    with contextlib.ExitStack() as stack:
        direct = stack.enter_context(bench.mock())
        relay = stack.enter_context(bench.relay())
        gateways = [stack.enter_context(getattr(bench, f"gateway_{name}")()) for name in options.only]
        time.sleep(1)
        for peer in gateways:
            print(f"{peer.name}: {memory_mib(peer.pid):.1f} MiB resident when idle{peer.notes}")
        print()
        driver = Driver(bench)
        began = time.monotonic()
        for rate in profile.rates:
            constant_rate(driver, [direct, relay, *gateways], rate, profile)
        closed_loop(driver, [direct, *gateways], profile)
        long_prompts(driver, [direct, *gateways], profile)
        many_streams(driver, gateways, 2)
        print(f"{time.monotonic() - began:.0f} s")


def main():
    arguments = sys.argv[1:]
    own, served = (arguments, []) if "--" not in arguments else (
        arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ferry", help="the binary")
    parser.add_argument("--only", type=lambda text: text.split(","), default=["ferry"])
    parser.add_argument("--profile", choices=PROFILES, default="full")
    parser.add_argument("--cache", help="where prepare.sh has installed the peers")
    parser.add_argument("--work", default=ROOT / "build/bench/gateway", help="folder for data and logs of the run")
    options = parser.parse_args(own)
    bench = Bench(options.ferry, options.work, options.cache, served)
    measure(options, bench, PROFILES[options.profile])


if __name__ == "__main__":
    main()
