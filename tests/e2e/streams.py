"""Many streams at once, some of whose clients leave: does every one end properly, and is everything given back?

Used by test_load.py at a small size and by bench/load.py at full size. Needs Python's own library only.
"""

import asyncio
import json
import random
import re
import ssl
from collections import Counter
from dataclasses import dataclass, field

GAUGES = ("vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc")


@dataclass
class Client:
    port: int
    model: str
    certificate: str | None = field(default=None, kw_only=True)  # to be trusted: HTTPS
    key: str | None = field(default=None, kw_only=True)

    async def connect(self):
        trust = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=trust, limit=1 << 20)

    def head(self, method, path, length=0, key=None):
        key = key or self.key
        authorization = f"Authorization: Bearer {key}\r\n" if key else ""
        return (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{authorization}"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

    async def get(self, path):
        reader, writer = await self.connect()
        writer.write(self.head("GET", path))
        answer = (await reader.read()).decode()
        writer.close()
        return answer

    async def number(self, name):
        page = await self.get("/metrics")
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", page, re.MULTILINE))

    async def given_back(self, seconds=30):
        """Whether the engine comes to rest with nothing in use; otherwise what is left."""
        left = {}
        for _ in range(int(seconds / 0.1)):
            left = {name: await self.number(name) for name in GAUGES}
            if not any(left.values()):
                return {}
            await asyncio.sleep(0.1)
        return left


@dataclass
class Load(Client):
    streams: int  # at the same time
    requests: int  # in all
    leave: float = 0.3  # share of the clients that leave in the middle
    max_tokens: int = 64
    seed: int = 1
    outcomes: Counter = field(default_factory=Counter)
    wrong: list = field(default_factory=list)  # streams that ended in no proper way

    def body(self, dice):
        words = " ".join(dice.choice(("the", "ferry", "carries", "work", "across", "water")) for _ in range(dice.randint(1, 60)))
        return json.dumps({
            "model": self.model, "prompt": words, "stream": True, "ignore_eos": True, "temperature": 1,
            "seed": dice.randint(0, 1 << 30), "max_tokens": dice.randint(1, self.max_tokens), "n": dice.choice((1, 1, 1, 2)),
        }).encode()  # fmt: skip

    async def stream(self, dice):
        """One client: reads to the end, or leaves somewhere on the way."""
        body = self.body(dice)
        patience = dice.randint(0, 3000) if dice.random() < self.leave else None  # bytes
        reader, writer = await self.connect()
        writer.write(self.head("POST", "/v1/completions", len(body)) + body)
        received = b""
        try:
            while patience is None or len(received) < patience:
                piece = await reader.read(4096)
                if not piece:
                    break
                received += piece
        finally:
            writer.transport.abort() if patience is not None else writer.close()
        self.judge(received, patience is not None)

    def judge(self, received, left):
        status = received[9:12].decode()
        if left:
            self.outcomes["left"] += 1
        elif status == "200" and received.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
            self.outcomes["done"] += 1
        elif status == "429":
            self.outcomes["refused"] += 1
        else:
            self.outcomes["wrong"] += 1
            self.wrong.append(received[-300:])

    async def run(self):
        """All requests, `streams` at a time."""
        gate = asyncio.Semaphore(self.streams)

        async def one(i):
            async with gate:
                try:
                    await self.stream(random.Random(self.seed * 1_000_003 + i))
                except OSError as error:
                    self.outcomes["wrong"] += 1
                    self.wrong.append(repr(error))

        await asyncio.gather(*(one(i) for i in range(self.requests)))
