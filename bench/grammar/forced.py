#!/usr/bin/env python3
"""What guessing forced text brings: tokens per second of answers held to a schema, with `--speculate grammar` and
without, in turns. The answers must be the same.

  bench/grammar/forced.py FERRY MODEL [ANSWERS]
"""

import concurrent.futures
import json
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request

ROUNDS = 5
SCHEMA = {
    "type": "object",
    "properties": {
        "vendor": {"type": "string", "maxLength": 60},
        "invoice_number": {"anyOf": [{"type": "string", "maxLength": 20}, {"type": "null"}]},
        "date": {"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"},
        "currency": {"enum": ["EUR", "USD", "GBP", "CHF"]},
        "total": {"type": "number"},
    },
    "required": ["vendor", "invoice_number", "date", "currency", "total"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "invoice", "strict": True, "schema": SCHEMA}}
TEXT = "Extract the fields as JSON: Invoice INV-{} from Harbor Foods Ltd, dated 3 March 2024, total EUR 1,240.50."


class Server:
    def __init__(self, ferry, model, mode):
        self.model = pathlib.Path(model).stem
        arguments = [ferry, "serve", model, "--port", "0", "--speculate", mode]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[3]

    def ask(self, number):
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": TEXT.format(5512 + number)}],
            "response_format": FORMAT,
            "temperature": 0,
            "max_tokens": 120,
        }
        request = urllib.request.Request(
            f"{self.url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        answer = json.load(urllib.request.urlopen(request))
        return answer["choices"][0]["message"]["content"], answer["usage"]["completion_tokens"]

    def run(self, answers, at_once):
        """The texts, and tokens per second."""
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            done = list(pool.map(self.ask, range(answers)))
        return [text for text, _ in done], sum(tokens for _, tokens in done) / (time.monotonic() - begin)


def main():
    answers = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    servers = {mode: Server(*sys.argv[1:3], mode) for mode in ("off", "grammar")}
    try:
        for server in servers.values():
            server.run(3, 1)
        for at_once in (1, 8):
            rates = {mode: [] for mode in servers}
            for _ in range(ROUNDS):
                runs = {mode: server.run(answers, at_once) for mode, server in servers.items()}
                assert runs["off"][0] == runs["grammar"][0], "guesses must not change answers"
                for mode, (_, rate) in runs.items():
                    rates[mode].append(rate)
            off, grammar = (statistics.median(rates[mode]) for mode in ("off", "grammar"))
            print(f"{at_once} at once: {off:.0f} tokens/s, with forced text guessed {grammar:.0f}: {grammar / off:.2f}x")
    finally:
        for server in servers.values():
            server.process.terminate()


if __name__ == "__main__":
    main()
