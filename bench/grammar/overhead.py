#!/usr/bin/env python3
"""What structured output costs: tokens per second of answers held to a schema, beside those of free answers, in turns.

  bench/grammar/overhead.py FERRY MODEL
"""

import http.client
import json
import pathlib
import statistics
import subprocess
import sys
import threading
import time

MODEL = pathlib.Path(sys.argv[2]).stem
TOKENS = 256
ROUNDS = 9
SCHEMA = {"type": "array", "minItems": 200, "items": {
    "type": "object", "additionalProperties": False, "required": ["id", "name", "tags", "price", "when"],
    "properties": {"id": {"type": "integer", "minimum": 0}, "name": {"type": "string", "maxLength": 200},
                   "tags": {"type": "array", "items": {"enum": ["new", "used", "broken"]}, "maxItems": 4},
                   "price": {"type": "number", "minimum": 0}, "when": {"type": "string", "format": "date-time"}}}}


def ask(port, seed, guided):
    body = {"model": MODEL, "prompt": "Once upon a time", "max_tokens": TOKENS, "temperature": 1, "seed": seed, "ignore_eos": True}
    if guided:
        body["structured_outputs"] = {"json": SCHEMA}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    assert "usage" in answer, answer
    assert answer["usage"]["completion_tokens"] == TOKENS, answer


def seconds(port, streams, seed, guided):
    threads = [threading.Thread(target=ask, args=(port, seed + i, guided)) for i in range(streams)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - start


def main():
    ferry, model = sys.argv[1:3]
    port = 18637
    server = subprocess.Popen([ferry, "serve", model, "--port", str(port)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                ask(port, 1, True)
                break
            except OSError:
                time.sleep(0.2)
        ask(port, 1, False)
        for streams in (1, 8):
            free, guided = [], []
            for turn in range(ROUNDS):
                for times, held in ((free, False), (guided, True))[::1 if turn % 2 else -1]:
                    times.append(seconds(port, streams, 100 * turn, held))
            ratios = [g / f for g, f in zip(guided, free)]
            rate = streams * TOKENS / statistics.median(free)
            print(f"{streams} streams: free {rate:.0f} tok/s, "
                  f"guided {streams * TOKENS / statistics.median(guided):.0f} tok/s, "
                  f"a step takes {100 * (statistics.median(ratios) - 1):+.1f} %")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
