"""Every misbehaviour of an upstream, and kill -9 of the gateway, counted: what clients got, what was recorded, what reached
the upstream and what the accounts say must agree.

FERRY_E2E_REQUESTS says how many requests (1,000 in an ordinary run; bench/README.md has the large one).
"""

import collections
import http.client
import json
import os
import pathlib
import queue
import random
import re
import signal
import tempfile
import threading
import time
import unittest

from ferry import Mock, Server, run

REQUESTS = int(os.environ.get("FERRY_E2E_REQUESTS", "1000"))
CLIENTS = 24
KILLS = 2 if REQUESTS <= 2000 else 6
SHARE = 0.35  # of a shaky target's answers that are faulty
FAULTS = ["status_401", "status_403", "status_404", "status_429", "status_500", "status_503", "status_529", "status_400",
          "refuse", "stall_head", "cut_head", "stall_stream", "cut_stream", "garbage", "huge_line", "slow_drip",
          "lying_length", "error_event"]
RARE = {"huge_line": 0.15, "stall_head": 0.15, "stall_stream": 0.15, "slow_drip": 0.15}
# A stream that has begun cannot begin anew elsewhere: it may end in an error event, and in nothing else.
AFTER_THE_FIRST_BYTE = {"stall_stream", "cut_stream", "slow_drip", "lying_length", "error_event", "huge_line"}
TEXT = "The ferry crosses the river at noon, and returns before dusk with its passengers."
KEYS = ["app", "batch", "desk", "poor"]
POOR = REQUESTS * 0.000008  # enough for half of that key's requests
PRICE = "{input: 1, output: 4}"


def shaky(provider, fault):
    return f"{provider}/m?fault={fault}:{RARE.get(fault, SHARE)}"


def configuration(url):
    """For each fault a route of each dialect's upstream, whose first two targets have it, and whose last is well."""
    shaky_targets, routes = [], []
    for fault in FAULTS:
        for provider in ("openai", "anthropic"):
            other = {"openai": "anthropic", "anthropic": "openai"}[provider]
            first, second = shaky(provider, fault), shaky(other, fault)
            shaky_targets.append(first)
            routes.append(f'  {provider}_{fault}: {{targets: "{first}", fallbacks: ["{second}", good/m]}}')
    prices = [f'  "{target}": {PRICE}' for target in [*shaky_targets, "good/m"]]
    hasty = "timeouts: {connect: 2s, first_token: 700ms, idle: 700ms, total: 3s}"
    return "\n".join([
        "providers:",
        f"  openai: {{dialect: openai, url: {url}/v1, allow_private: true, {hasty}}}",
        f"  anthropic: {{dialect: anthropic, url: {url}, allow_private: true, {hasty}}}",
        f"  good: {{dialect: openai, url: {url}/v1, allow_private: true}}",
        "prices:", *prices, "routes:", *routes, ""])


class Request:
    def __init__(self, number, chance):
        self.user = f"user-{number}"
        self.fault = FAULTS[number % len(FAULTS)]
        self.route = f"{chance.choice(['openai', 'anthropic'])}_{self.fault}"
        self.client = chance.choice(["openai", "anthropic"])
        self.stream = chance.random() < 0.5
        self.key = chance.choice(KEYS)
        self.began = self.ended = 0.0
        self.status = 0
        self.headers = {}
        self.text = ""
        self.whole = False  # the answer is complete, and says so
        self.error = None  # told by the gateway: a refusal's body or an error event
        self.broken = None  # whatever else happened

    def body(self):
        members = {"model": self.route, "max_tokens": 16, "stream": self.stream,
                   "messages": [{"role": "user", "content": "When does the ferry sail?"}]}
        if self.client == "openai":
            members["user"] = self.user
        else:
            members["metadata"] = {"user_id": self.user}
        return json.dumps(members)

    def send(self, port, secrets):
        path = "/v1/chat/completions" if self.client == "openai" else "/v1/messages"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secrets[self.key]}"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.began = time.monotonic()
        try:
            connection.request("POST", path, self.body(), headers)
            answer = connection.getresponse()
            self.status, self.headers = answer.status, {k.lower(): v for k, v in answer.getheaders()}
            if answer.status != 200:
                self.error = json.loads(answer.read())["error"]
            elif self.stream:
                self.read_events(answer)
            else:
                self.read_whole(json.loads(answer.read()))
        except (OSError, http.client.HTTPException, ValueError, KeyError) as failure:
            self.broken = repr(failure)
        finally:
            self.ended = time.monotonic()
            connection.close()

    def read_whole(self, body):
        if self.client == "openai":
            choice = body["choices"][0]
            self.text, self.whole = choice["message"]["content"], choice["finish_reason"] is not None
        else:
            self.text, self.whole = body["content"][0]["text"], body["stop_reason"] is not None

    def read_events(self, answer):
        for line in answer:
            if not line.startswith(b"data: "):
                continue
            if line == b"data: [DONE]\n":
                self.whole = True
                continue
            event = json.loads(line[6:])
            if "error" in event:
                self.error = event["error"]
            elif self.client == "openai":
                self.text += "".join(c["delta"].get("content") or "" for c in event["choices"])
            elif event["type"] == "content_block_delta":
                self.text += event["delta"]["text"]
            self.whole |= event.get("type") == "message_stop"

    def verdict(self):
        """What the client may say of it."""
        if self.broken:
            return "broken"
        if self.status != 200:
            return f"refused {self.status}"
        if self.whole and not self.error and self.text == TEXT:
            return "answered"
        # Not complete, and it says so.
        if self.stream and self.error and not self.whole and TEXT.startswith(self.text):
            return "cut"
        return "wrong"

    def allowed(self):
        allowed = {"answered"}
        if self.stream and self.fault in AFTER_THE_FIRST_BYTE:
            allowed.add("cut")
        if self.fault == "status_400":
            allowed.add("refused 400")
        if self.key == "poor":
            allowed.add("refused 429")
        return allowed


class Gateway:
    """The server, killed and started again while clients ask."""

    def __init__(self, file, env):
        self.file, self.env = file, env
        self.changed = threading.Condition()
        self.server = None
        self.kills = []  # (from, to): until the next one was ready
        self.start()

    def start(self):
        server = Server("--config", str(self.file), env=self.env)
        with self.changed:
            self.server = server
            self.changed.notify_all()

    def port(self):
        with self.changed:
            self.changed.wait_for(lambda: self.server)
            return self.server.port

    def kill(self):
        with self.changed:
            server, self.server = self.server, None
        began = time.monotonic()
        os.kill(server.process.pid, signal.SIGKILL)
        server.stop()
        self.start()
        self.kills.append((began, time.monotonic()))

    def was_killed_during(self, request):
        return any(request.began <= killed and request.ended >= killed - 0.001 for killed, _ in self.kills) or \
            any(killed <= request.began <= ready for killed, ready in self.kills)


def nanos(text):
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**9 + int(fraction.ljust(9, "0") or 0)


class FaultsTest(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.env = {"FERRY_HOME": folder}
        self.mock = self.enterContext(Mock("--record", "1000000", "--record-bodies", "--seed", "7"))
        self.file = pathlib.Path(folder) / "ferry.yaml"
        self.file.write_text(configuration(self.mock.url))
        self.keys = {}
        for name in KEYS:
            self.keys[name] = self.ferry("key", "create", "--name", name, "--json", "--budget",
                                         f"{POOR:.6f}/month" if name == "poor" else "1000/month")

    def ferry(self, *arguments):
        done = run(*arguments, env=self.env)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    def ask_all(self, gateway):
        chance = random.Random(11)
        requests = [Request(number, chance) for number in range(REQUESTS)]
        chance.shuffle(requests)
        waiting = queue.SimpleQueue()
        for request in requests:
            waiting.put(request)
        secrets = {name: key["secret"] for name, key in self.keys.items()}
        done = collections.deque()

        def work():
            while True:
                try:
                    request = waiting.get_nowait()
                except queue.Empty:
                    return
                request.send(gateway.port(), secrets)
                done.append(request)

        clients = [threading.Thread(target=work) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for kill in range(1, KILLS + 1):
            while len(done) < REQUESTS * kill // (KILLS + 1):
                time.sleep(0.002)
            gateway.kill()
        for client in clients:
            client.join()
        return requests

    def spent(self, gateway, whose, set_budget, key):
        """What the running server counts for an account: it says so when it refuses."""
        self.ferry(*set_budget, "--budget", "0.000000001/month")
        time.sleep(2)  # it looks once a second; until then, the probe itself would cost something
        probe = Request(0, random.Random(1))
        probe.key = key
        probe.send(gateway.port(), {key: self.keys[key]["secret"]})
        self.assertEqual(probe.status, 429, vars(probe))
        self.assertTrue(probe.error["message"].startswith(whose), probe.error)
        self.ferry(*set_budget, "--budget", "none")
        spent, reserved = re.search(r": ([\d.]+) are spent, ([\d.]+) are reserved", probe.error["message"]).groups()
        self.assertEqual(nanos(reserved), 0, probe.error)
        return nanos(spent)

    def test_nothing_is_lost_and_everything_is_counted(self):
        gateway = Gateway(self.file, self.env)
        self.addCleanup(lambda: gateway.server.stop())
        began = time.monotonic()
        requests = self.ask_all(gateway)
        seconds = time.monotonic() - began
        tally = self.check_answers(gateway, requests)
        spent = {name: self.spent(gateway, f'the key "{name}"', ["key", "set", name], name) for name in KEYS}
        whole = self.spent(gateway, "the organisation", ["organisation", "set"], KEYS[0])
        self.assertEqual(gateway.server.stop(), 0)
        attempts = self.ferry("traffic", "list", "--limit", "10000000", "--json")
        tally["by a fallback"] = self.check_record(gateway, requests, attempts)
        self.check_money(attempts, spent, whole)
        self.check_upstream(attempts)
        self.ferry("audit", "verify")
        print(f"\n{len(requests)} requests in {seconds:.0f} s, {KILLS} kills; {dict(sorted(tally.items()))}; "
              f"{len(attempts)} attempts", flush=True)

    def check_answers(self, gateway, requests):
        tally = collections.Counter()
        for request in requests:
            verdict = request.verdict()
            if verdict in request.allowed():
                tally[verdict] += 1
            elif gateway.was_killed_during(request):
                tally["killed"] += 1
            else:
                self.fail(f"{verdict}: {vars(request)}")
        self.assertLessEqual(tally["killed"], CLIENTS * KILLS)
        self.assertGreater(tally["answered"], len(requests) * 0.7)
        self.assertGreater(tally["cut"], 0)
        self.assertGreater(tally["refused 400"], 0)
        self.assertGreater(tally["refused 429"], 0)
        for fault in FAULTS:
            self.assertGreater(self.mock.stats()["by_fault"].get(fault, 0), 0, fault)
        return tally

    def check_record(self, gateway, requests, attempts):
        """What a client was told is what the record says. The number of answers that another target had failed to give."""
        by_exchange = collections.defaultdict(list)
        by_user = collections.defaultdict(list)
        for attempt in attempts:
            by_exchange[attempt["exchange"]].append(attempt)
            by_user[attempt["user"]].append(attempt)
        fallbacks = 0
        for request in requests:
            verdict = request.verdict()
            if verdict in ("answered", "cut"):
                exchange = request.headers["x-ferry-exchange"]
                ends = [(a["fate"], a["target"]) for a in by_exchange[exchange] if a["fate"] in ("ok", "cut")]
                fate = "ok" if verdict == "answered" else "cut"
                self.assertEqual(ends, [(fate, request.headers["x-ferry-target"])], vars(request))
                self.assertEqual({a["user"] for a in by_exchange[exchange]}, {request.user})
                fallbacks += verdict == "answered" and len(by_exchange[exchange]) > 1
            # An attempt whose end nobody knows is one of a gateway that was killed.
            unknown = [a for a in by_user[request.user] if a["fate"] == "unknown"]
            if unknown:
                self.assertTrue(gateway.was_killed_during(request), (vars(request), unknown))
        self.assertGreater(fallbacks, len(requests) * 0.1)
        return fallbacks

    def check_money(self, attempts, spent, whole):
        recorded = collections.Counter()
        for attempt in attempts:
            recorded[attempt["key"]] += attempt["reserved"] if attempt["fate"] == "unknown" else attempt["cost"]
        for name, key in self.keys.items():
            self.assertEqual(spent[name], recorded[key["id"]], name)
            self.assertGreater(spent[name], 0)
        self.assertEqual(whole, sum(recorded.values()))

    def check_upstream(self, attempts):
        """Nothing reached the upstream of which the record has no intent."""
        intents = collections.Counter((a["user"], a["target"].split("/", 1)[1]) for a in attempts if a["target"])
        stats = self.mock.stats()
        came = collections.Counter()
        for one in stats["recorded"]:
            if not one["target"].startswith("/v1/"):
                continue
            body = json.loads(one["body"])
            user = body.get("user") or body["metadata"]["user_id"]
            came[user, body["model"]] += 1
        self.assertGreaterEqual(came.total(), REQUESTS)
        for (user, model), count in came.items():
            # A kept connection that ends before a byte of an answer: the same request is sent once more.
            repeats = 2 if "refuse" in model else 1
            self.assertLessEqual(count, intents[user, model] * repeats, (user, model))


if __name__ == "__main__":
    unittest.main()
