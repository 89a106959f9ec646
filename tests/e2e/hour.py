"""An hour of requests, drawn from a seed and replayed faster than it passes: does every answer end as it should, does
the same request get the same text again, and is everything given back?

Used by test_replay.py at a small size and by bench/replay.py at full size. Needs Python's own library only.
"""

import asyncio
import json
import math
import pathlib
import random
from collections import Counter
from dataclasses import dataclass, field

from streams import Client

WORDS = (
    "the a of and to in is that for it with as was on are by this be at from or an have not which one were all can ferry "
    "crosses water harbour ticket captain cargo morning evening engine bridge island weather letter answer question price"
).split()
KEYS = ("sk-harbour", "sk-island", "sk-mainland")  # tenants
ROUTES = {"chat": "/v1/chat/completions", "completions": "/v1/completions"}


@dataclass
class Request:
    at_s: float  # since the hour began
    api: str
    body: dict
    key: str
    leaves_after: int | None = None  # bytes of the answer
    refused_for: str | None = None  # the field at fault
    again: int | None = None  # the number of an earlier request that asked for the same


def words(dice, count):
    return " ".join(dice.choices(WORDS, k=count))


def count(dice, median, most):
    """Many small ones, some large."""
    return max(1, min(most, round(dice.lognormvariate(math.log(median), 0.9))))


class Trace:
    """Requests in the order of their arrival. The same seed draws the same. All fit a context of 1024 tokens."""

    def __init__(self, seed, seconds, per_second):
        self.dice = random.Random(seed)
        self.prefixes = [words(self.dice, n) for n in (40, 90, 160, 220)]  # system prompts
        self.requests = []
        at = 0.0
        while True:
            # Busier and quieter quarters of an hour, and a rush in the middle of each minute.
            busy = 1 + 0.6 * math.sin(at / 900 * 2 * math.pi) + (0.8 if 25 < at % 60 < 32 else 0)
            at += self.dice.expovariate(per_second * busy)
            if at > seconds:
                break
            self.requests.append(self.draw(at))

    def chance(self, share):
        return self.dice.random() < share

    def draw(self, at):
        dice = self.dice
        if self.chance(0.05) and (earlier := self.repeatable()) is not None:
            first = self.requests[earlier]
            return Request(at, first.api, first.body, dice.choice(KEYS), again=earlier)
        api = dice.choice(("chat", "chat", "completions"))
        request = Request(at, api, self.body(api), dice.choice(KEYS))
        if self.chance(0.06):
            request.leaves_after = dice.randint(0, 4000)
        elif self.chance(0.01):
            request.refused_for, value = dice.choice((("temperature", 3), ("tools", [{}]), ("n", 0), ("stop", [""])))
            if request.api == "completions" or request.refused_for != "tools":
                request.body[request.refused_for] = value
            else:
                request.body["tools"] = [{"type": "function"}]
        return request

    def repeatable(self):
        """One of the latest whose answer depends on nothing but its body."""
        for _ in range(8):
            i = len(self.requests) - 1 - self.dice.randint(0, 500)
            if i >= 0 and (r := self.requests[i]).again is None and r.leaves_after is None and r.refused_for is None:
                return i
        return None

    def body(self, api):
        dice = self.dice
        body = {
            "stream": self.chance(0.7),
            "temperature": dice.choice((0, 0, 0.7, 1, 1.3)),
            "seed": dice.randint(0, 1 << 30),
            "max_tokens": count(dice, 30, 250),
            "ignore_eos": self.chance(0.6),
            "priority": dice.choice((-1, 0, 0, 0, 0, 1)),
            "n": dice.choice((1,) * 12 + (2, 3, 4)),
        }
        if body["stream"]:
            body["stream_options"] = {"include_usage": True}
        if self.chance(0.15):
            body["stop"] = dice.sample(("e", "at", " the", ".", "er i", "zzz"), dice.randint(1, 3))
        if self.chance(0.1):
            body["cache_salt"] = dice.choice(("tide", "moon"))
        if self.chance(0.2):
            body.update(top_p=0.9, presence_penalty=0.5, repetition_penalty=1.1)
        self.add_prompt(api, body)
        return body

    def add_prompt(self, api, body):
        dice = self.dice
        if api == "chat":
            system = [{"role": "system", "content": dice.choice(self.prefixes)}] if self.chance(0.6) else []
            body["messages"] = [*system, {"role": "user", "content": words(dice, count(dice, 20, 150))}]
            if self.chance(0.1):
                body.update(logprobs=True, top_logprobs=3)
        else:
            prefix = dice.choice(self.prefixes) if self.chance(0.3) else ""
            body["prompt"] = f"{prefix} {words(dice, count(dice, 30, 150))}"
            if self.chance(0.1):
                body["prompt"] = [dice.randint(3, 2000) for _ in range(count(dice, 30, 400))]
            if self.chance(0.1):
                body["logprobs"] = 2
            if self.chance(0.05):
                body["echo"] = True


class WrongEnd(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise WrongEnd(what)


def read_stream(text, api):
    """(texts of the choices, usage) of a stream that ended properly."""
    expect(text.endswith("data: [DONE]\n\n"), "no end mark")
    texts, ends, usage = {}, Counter(), None
    for event in text.split("\n\n")[:-2]:
        chunk = json.loads(event.removeprefix("data: "))
        expect("error" not in chunk, "an error event")
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            index = choice["index"]
            expect(not ends[index], "a piece after a choice's end")
            piece = choice["delta"].get("content", "") if api == "chat" else choice["text"]
            texts[index] = texts.get(index, "") + piece
            ends[index] += choice["finish_reason"] is not None
    expect(set(ends) == set(texts) and all(ends.values()), "a choice without an end")
    return [texts[i] for i in sorted(texts)], usage


def read_whole(text, api):
    answer = json.loads(text)
    expect(all(choice["finish_reason"] for choice in answer["choices"]), "a choice without an end")
    return [c["message"]["content"] if api == "chat" else c["text"] for c in answer["choices"]], answer["usage"]


def unchunked(data):
    """The body of a response that came in HTTP's chunks, which must be complete."""
    out = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            expect(data == b"\r\n", "something after the last chunk")
            return out
        expect(data[length : length + 2] == b"\r\n", "a chunk that is cut")
        out, data = out + data[:length], data[length + 2 :]


def body_of(received):
    head, _, data = received.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        return unchunked(data).decode()
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    expect(length == len(data), "a body that is cut")
    return data.decode()


@dataclass
class Replay(Client):
    trace: Trace
    speed: float  # how much faster than the hour passes
    outcomes: Counter = field(default_factory=Counter)
    wrong: list = field(default_factory=list)
    late_s: float = 0.0  # the most that a request was sent later than its time
    texts: dict = field(default_factory=dict)  # of each request, for those that ask for the same

    async def run(self, watch=None, every_s=0.0):
        """`watch` is awaited at the beginning and after each `every_s` of the hour."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        running = set()
        watched = 0
        for number, request in enumerate(self.trace.requests):
            if watch and request.at_s >= watched * every_s:
                watched += 1
                await watch(request.at_s)
            wait = began + request.at_s / self.speed - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            else:
                self.late_s = max(self.late_s, -wait)
            task = asyncio.create_task(self.one(number, request))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
        self.compare()

    async def one(self, number, request):
        try:
            received = await self.send(request)
            self.judge(number, request, received)
        except (OSError, WrongEnd, ValueError, LookupError) as error:
            self.outcomes["wrong"] += 1
            self.wrong.append((number, repr(error)))

    async def send(self, request):
        body = json.dumps({"model": self.model, **request.body}).encode()
        reader, writer = await self.connect()
        writer.write(self.head("POST", ROUTES[request.api], len(body), request.key) + body)
        pieces, size = [], 0
        try:
            while request.leaves_after is None or size < request.leaves_after:
                piece = await reader.read(1 << 16)
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
        finally:
            writer.transport.abort() if request.leaves_after is not None else writer.close()
        return b"".join(pieces)

    def judge(self, number, request, received):
        if request.leaves_after is not None:
            self.outcomes["left"] += 1
            return
        status = int(received[9:12] or 0)
        text = body_of(received)
        if status == 429:
            self.outcomes["turned away"] += 1
        elif request.refused_for is not None:
            expect(status == 400 and json.loads(text)["error"]["param"] == request.refused_for, f"{status}: {text[:200]}")
            self.outcomes["refused"] += 1
        else:
            expect(status == 200, f"{status}: {text[:200]}")
            self.judge_answer(number, request, text)
            self.outcomes["done"] += 1

    def judge_answer(self, number, request, text):
        body = request.body
        texts, usage = (read_stream if body["stream"] else read_whole)(text, request.api)
        expect(len(texts) == body["n"], f"{len(texts)} choices, not {body['n']}")
        expect(0 < usage["completion_tokens"] <= body["n"] * body["max_tokens"], f"{usage} tokens")
        if "echo" not in body:
            expect(not any(stop in one for stop in body.get("stop", ()) for one in texts), "a stop string in the text")
        self.texts[number] = texts

    def compare(self):
        """Whatever else ran: the same request, the same text."""
        for number, request in enumerate(self.trace.requests):
            if request.again in self.texts and number in self.texts:
                self.outcomes["the same again"] += 1
                if self.texts[number] != self.texts[request.again]:
                    self.wrong.append((number, f"not the text of request {request.again}"))


def process_state(pid):
    """(resident bytes, open files, threads)"""
    proc = pathlib.Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    resident = int(status["VmRSS"].split()[0]) * 1024
    return resident, len(list((proc / "fd").iterdir())), int(status["Threads"])


async def process_at_rest(pid, files, seconds=5):
    """The same, once there are no more open files than that: a connection closes a moment after its answer."""
    for _ in range(int(seconds / 0.05)):
        state = process_state(pid)
        if state[1] <= files:
            break
        await asyncio.sleep(0.05)
    return state
