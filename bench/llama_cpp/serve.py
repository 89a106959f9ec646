#!/usr/bin/env python3
"""Ferry beside llama-server under closed-loop load: each of so many clients asks again as soon as it has its answer.

    serve.py FERRY LLAMA_SERVER [--shape llama-3.2-1b] [--type q8_0] [--clients 8,16] [--rounds 2] [--threads 2]

The weights are random and the same on both sides. A prompt is --prompt random tokens, no two alike; an answer
--answer tokens, none of which ends it. llama-server (compare.py says how to build it) runs at its best setting for the
number of clients, tried as --slots: the figures of the best are printed. The two take turns; a cell is the median of
the rounds. The time to first token is that to the first event of the stream. Prints Markdown.
"""

import argparse
import asyncio
import json
import pathlib
import random
import socket
import statistics
import subprocess
import tempfile
import time

VOCABULARY = 100_000  # prompts' tokens are less than this


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def connect(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    return reader, writer


async def healthy(port):
    """Whether GET /health says 200."""
    try:
        reader, writer = await connect(port)
    except OSError:
        return False
    writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    line = await reader.readline()
    writer.close()
    return b" 200 " in line


class Server:
    def __init__(self, command, port):
        self.port = port
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([str(part) for part in command], stdout=self.log, stderr=self.log)

    async def __aenter__(self):
        for _ in range(600):
            if self.process.poll() is not None:
                self.log.seek(0)
                raise SystemExit(self.log.read().decode()[-2000:])
            if await healthy(self.port):
                return self
            await asyncio.sleep(0.1)
        raise SystemExit("no server")

    async def __aexit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


def ferry(options, model, clients):
    port = free_port()
    return Server([options.ferry, "serve", model, "--port", port, "--threads", options.threads, "--max-model-len", 512,
                   "--max-running", clients, "--arithmetic", options.arithmetic, "--served-model-name", "bench", "--log-level", "warning"], port)


def llama(options, model, slots):
    port = free_port()
    return Server([options.llama, "-m", model, "--port", port, "-t", options.threads, "-tb", options.threads, "-np", slots,
                   "-c", slots * 256, "-ub", 512, "-b", 2048, "-cram", 0, "--no-warmup"], port)


async def ask(port, options, dice, times):
    """One answer; appends (time to first event, seconds between later ones...)."""
    body = json.dumps({
        "model": "bench", "prompt": [dice.randrange(1000, VOCABULARY) for _ in range(options.prompt)], "stream": True,
        "max_tokens": options.answer, "ignore_eos": True, "temperature": 0, "stream_options": {"include_usage": True},
    }).encode()  # fmt: skip
    began = time.monotonic()
    reader, writer = await connect(port)
    writer.write(b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                 b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    first, made = None, None
    while line := await reader.readline():
        if not line.startswith(b"data: {"):
            continue
        first = first or time.monotonic() - began
        usage = json.loads(line[6:]).get("usage")
        made = usage["completion_tokens"] if usage else made
    writer.close()
    if made != options.answer:
        raise SystemExit(f"an answer has {made} tokens instead of {options.answer}")
    times.append(first)


async def load(server, options, clients, seed):
    """Output tokens per second, and the times to first token in ms."""
    async with server:
        warm = []
        await ask(server.port, options, random.Random(seed), warm)
        times = []

        async def client(i):
            dice = random.Random(seed * 1000 + i + 1)
            for _ in range(options.requests):
                await ask(server.port, options, dice, times)

        began = time.monotonic()
        await asyncio.gather(*(client(i) for i in range(clients)))
        rate = clients * options.requests * options.answer / (time.monotonic() - began)
        times.sort()
        return {"rate": rate, "p50": 1e3 * times[len(times) // 2], "p95": 1e3 * times[int(len(times) * 0.95)]}


def median(rounds):
    return {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ferry")
    parser.add_argument("llama")
    parser.add_argument("--shape", default="llama-3.2-1b")
    parser.add_argument("--type", default="q8_0")
    parser.add_argument("--clients", default="8,16")
    parser.add_argument("--slots", default="8,16")
    parser.add_argument("--prompt", type=int, default=128)
    parser.add_argument("--answer", type=int, default=64)
    parser.add_argument("--requests", type=int, default=3, help="of each client")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--arithmetic", default="bf16", help="Ferry's")
    options = parser.parse_args()
    print("| clients | Ferry tok/s | llama-server tok/s | ratio | Ferry first token p50 / p95 ms | llama-server's | ratio of p95 |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.gguf"
        subprocess.run([options.ferry, "bench", "--shape", options.shape, "--type", options.type, "--write", model], check=True,
                       stdout=subprocess.DEVNULL)
        for clients in map(int, options.clients.split(",")):
            own, peer = [], {slots: [] for slots in map(int, options.slots.split(","))}
            for seed in range(options.rounds):
                own.append(asyncio.run(load(ferry(options, model, clients), options, clients, seed)))
                for slots, rounds in peer.items():
                    rounds.append(asyncio.run(load(llama(options, model, slots), options, clients, seed)))
            mine = median(own)
            best = max((median(rounds) for rounds in peer.values()), key=lambda figures: figures["rate"])
            print(f"| {clients} | {mine['rate']:.1f} | {best['rate']:.1f} | {mine['rate'] / best['rate']:.2f} "
                  f"| {mine['p50']:.0f} / {mine['p95']:.0f} | {best['p50']:.0f} / {best['p95']:.0f} "
                  f"| {mine['p95'] / best['p95']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
