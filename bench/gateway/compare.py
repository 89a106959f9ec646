#!/usr/bin/env python3
"""What a gateway adds to a request: Ferry, with everything on, beside its peers, before the same mock upstream.

    bench/gateway/compare.py build/release/ferry --only ferry --profile quick
    bench/gateway/compare.py build/release/ferry --cache CACHE        # after bench/gateway/prepare.sh CACHE

README.md says what is measured and how. Arguments after -- go to `ferry serve`.
"""

import argparse
import collections
import contextlib
import json
import pathlib
import signal
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
STREAM_ROUNDS = 2  # the second shows what the first left
RATES = (20, 50, 100, 200, 500, 1000)  # requests per second
GATEWAYS = ("ferry", "portkey", "litellm")
MEASUREMENTS = ("rates", "busy", "long", "streams")


@dataclass
class Profile:
    rounds: int
    seconds: float  # of one measurement at a constant rate
    busy_seconds: float  # of one measurement without pause
    rates: tuple = (1000, 200)


PROFILES = {"quick": Profile(3, 1.5, 1.5), "full": Profile(3, 2.5, 4)}


class Driver:
    def __init__(self, bench):
        self.bench = bench
        self.program = bench.build("load")
        self.sent = collections.Counter()  # requests, by gateway

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
        self.sent[peer.name] += result["sent"]
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
    """Microseconds of CPU for each good answer."""
    return sum(one["cpu"] for one in results) / max(1, sum(one["good"] for one in results)) * 1e6


def table(rows, columns):
    print("| | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name, cells in rows:
        print(f"| {name} | " + " | ".join(cells) + " |")
    print(flush=True)


def bearable(driver, peer):
    """The highest of the rates at which everything is answered and no queue grows: from below, for a queue would last."""
    driver.load(peer, seconds=2, connections=2)  # what it loads when it is first asked, it has loaded
    borne = RATES[0]
    for rate in RATES[1:]:
        got = driver.load(peer, seconds=1.5, rate=rate, connections=256)
        if got["good"] < got["sent"] or got["latency_us"]["p99"] > 500_000:
            break
        borne = rate
    return borne


def constant_rate(driver, peers, rate, profile):
    """Latency beside that of the upstream itself, in turns."""
    for peer in peers:
        driver.load(peer, seconds=0.5, rate=rate)
    results = {peer.name: [] for peer in peers}
    for turn in range(profile.rounds):
        for peer in peers[:: 1 if turn % 2 else -1]:
            results[peer.name].append(driver.load(peer, seconds=profile.seconds, rate=rate))
    direct = results[peers[0].name]
    rows = []
    for peer in peers:
        got = results[peer.name]
        times = [median(got, "latency_us", key) for key in ("p50", "p99")]
        added = [f"{time - median(direct, 'latency_us', key):.0f}" for time, key in zip(times, ("p50", "p99"))]
        rows.append((peer.name, [*(f"{time:.0f}" for time in times), *(added if peer is not peers[0] else ["", ""]),
                                 f"{cpu_each(got):.0f}", f"{median(got, 'per_second'):.0f}",
                                 f"{median(got, 'lateness_us', 'p50'):.0f} / {median(got, 'lateness_us', 'p99'):.0f}"]))
    print(f"{rate} requests/s of 1 KB, from when each was due, in µs:\n")
    table(rows, ["p50", "p99", "added p50", "added p99", "CPU per request", "answered/s", "generator late p50 / p99"])


def constant_rates(driver, direct, relay, gateways, profile):
    """At the profile's rates, those that bear them, and at what the others bear."""
    borne = {peer.name: RATES[-1] if peer.name == "Ferry" else bearable(driver, peer) for peer in gateways}
    for rate in sorted({*profile.rates, *borne.values()}, reverse=True):
        able = [peer for peer in gateways if borne[peer.name] >= rate]
        constant_rate(driver, [direct, relay, *able], rate, profile)


def closed_loop(driver, peers, profile):
    """The most that goes through at 64 connections."""
    rows = []
    for peer in peers:
        cells = []
        for flags in ({}, {"stream": True}):
            driver.load(peer, seconds=profile.busy_seconds / 5, connections=64, **flags)
            got = driver.load(peer, seconds=profile.busy_seconds, connections=64, **flags)
            p50, p99 = (got["latency_us"][key] / 1000 for key in ("p50", "p99"))
            cells += [f"{got['per_second']:.0f}", f"{cpu_each([got]):.0f}", f"{p50:.2f} / {p99:.2f}"]
        cells.append(f"{max(got['memory']):.0f}")
        rows.append((peer.name, cells))
    print("64 connections without pause:\n")
    table(rows, ["whole/s", "CPU µs each", "p50 / p99 ms", "streams/s", "CPU µs each", "p50 / p99 ms", "memory MiB"])


def long_prompts(driver, peers, profile):
    rows = []
    for peer in peers:
        driver.load(peer, size=LONG, seconds=profile.busy_seconds / 5, connections=8)
        got = driver.load(peer, size=LONG, seconds=profile.busy_seconds, connections=8)
        rows.append((peer.name, [f"{got['per_second'] * LONG / 1e6:.0f}", f"{LONG / cpu_each([got]):.0f}",
                                 f"{got['latency_us']['p50'] / 1000:.2f}"]))
    print("Prompts of 100 KB, 8 connections:\n")
    table(rows, ["MB/s", "MB per CPU second", "p50 ms"])


def many_streams(driver, peers):
    """1,000 streams of four seconds at the same time, each counted to its proper end."""
    rows = []
    for peer in peers:
        idle = memory_mib(peer.pid)
        got = [driver.load(peer, model=peer.slow_model, stream=True, seconds=30, connections=STREAMS, requests=STREAMS)
               for _ in range(STREAM_ROUNDS)]
        rows.append((peer.name, [" / ".join(str(one["good"]) for one in got), f"{idle:.0f}",
                                 " / ".join(f"{max(one['memory']):.0f}" for one in got), f"{memory_mib(peer.pid):.0f}",
                                 " / ".join(f"{one['seconds']:.1f}" for one in got), f"{cpu_each(got) / 1000:.2f}"]))
    print(f"{STREAMS} streams at once, 40 tokens 100 ms apart, by round:\n")
    table(rows, ["ended properly", "memory before MiB", "most during", "after", "seconds", "CPU ms per stream"])


def check_record(driver, ferry):
    """That what was measured was recorded, and that the chain over it holds."""
    def ask(*arguments):
        done = subprocess.run([driver.bench.ferry, *arguments, "--json"], env=ferry.env, capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout)

    time.sleep(1)  # the last of it is on its way to the database
    recorded = sum(group["attempts"] for group in ask("report", "traffic", "--by", "key")[1])
    holds = ask("audit", "verify")[0] == 0
    sent = driver.sent[ferry.name]
    print(f"Recorded: {recorded} of {sent} requests. The audit chain {'holds' if holds else 'DOES NOT HOLD'}.")
    return recorded == sent and holds


def measure(options, bench, profile):
    with contextlib.ExitStack() as stack:
        direct = stack.enter_context(bench.mock())
        relay = stack.enter_context(bench.relay())
        gateways = [stack.enter_context(getattr(bench, f"gateway_{name}")()) for name in options.only]
        time.sleep(1)
        print("Resident when idle: " + ", ".join(f"{peer.name} {memory_mib(peer.pid):.1f} MiB" for peer in gateways) + "\n")
        driver = Driver(bench)
        began = time.monotonic()
        if "rates" in options.measure:
            constant_rates(driver, direct, relay, gateways, profile)
        if "busy" in options.measure:
            closed_loop(driver, [direct, *gateways], profile)
        if "long" in options.measure:
            long_prompts(driver, [direct, *gateways], profile)
        if "streams" in options.measure:
            many_streams(driver, gateways)
        good = all([check_record(driver, peer) for peer in gateways if peer.name == "Ferry"])
        print(f"{time.monotonic() - began:.0f} s")
        return good


def names(allowed):
    """A parser of lists of these."""
    def parse(text):
        found = text.split(",")
        if unknown := [name for name in found if name not in allowed]:
            raise argparse.ArgumentTypeError(f"there is no {unknown[0]}; there are {', '.join(allowed)}")
        return found
    return parse


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    arguments = sys.argv[1:]
    own, served = (arguments, []) if "--" not in arguments else (
        arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ferry", help="the binary")
    parser.add_argument("--only", type=names(GATEWAYS), default=GATEWAYS, help="gateways: " + ",".join(GATEWAYS))
    parser.add_argument("--measure", type=names(MEASUREMENTS), default=MEASUREMENTS, help=",".join(MEASUREMENTS))
    parser.add_argument("--profile", choices=PROFILES, default="full")
    parser.add_argument("--cache", help="where prepare.sh has installed the peers")
    parser.add_argument("--work", default=ROOT / "build/bench/gateway", help="folder for data and logs of the run")
    options = parser.parse_args(own)
    if set(options.only) != {"ferry"} and not options.cache:
        parser.error("--cache is needed for other gateways than Ferry; prepare.sh fills it")
    bench = Bench(options.ferry, options.work, options.cache, served)
    return 0 if measure(options, bench, PROFILES[options.profile]) else 1


if __name__ == "__main__":
    sys.exit(main())
