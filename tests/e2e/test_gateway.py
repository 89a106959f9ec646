"""The gateway with the clients of both dialects, in front of the mock upstream and of our engine."""

import json
import os
import pathlib
import signal
import tempfile
import time
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai
from ferry import Mock, Server, run

CONFIG = """
providers:
  mock: {{dialect: openai, url: {url}/v1, region: us, allow_private: true}}
  claude: {{dialect: anthropic, url: {url}, region: us, allow_private: true}}
prices:
  mock/m: {{input: 2, output: 8}}
labels:
  private: {{stay_local: true}}
detectors:
  found: {{iban: private}}
routes:
  rented: {{targets: mock/m}}
  claude: {{targets: claude/c}}
  own: {{targets: local/pilot}}
  hybrid:
    targets: mock/m
    fallbacks: [local/pilot]
  shaky:
    targets: "mock/m?fault=status_500"
    fallbacks: ["mock/m?fault=refuse", mock/m]
  dying: {{targets: "mock/m?fault=cut_stream"}}
  kept: {{targets: mock/m, cache: {{ttl: 1h}}, record: redacted, shadow: [{{target: claude/c, share: 1}}]}}
  guarded: {{targets: mock/m, guardrails: {{words: [river]}}}}
  unsure: {{targets: mock/m, cascade: {{first: local/pilot, mean_logprob: -0.0001}}}}
"""
HELLO = [{"role": "user", "content": "hello"}]
IBAN = [{"role": "user", "content": "Please pay 20 EUR to DE89 3704 0044 0532 0130 00"}]
MOCK_TEXT = "The ferry crosses the river at noon, and returns before dusk with its passengers."
SCHEMA = {"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]}


class GatewayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.env = {"FERRY_HOME": cls.folder.name}
        cls.mock = Mock("--record", "1000", "--record-bodies", "--latency", "0ms", "--token-latency", "0ms")
        cls.mock.__enter__()
        cls.file = pathlib.Path(cls.folder.name) / "ferry.yaml"
        cls.file.write_text(CONFIG.format(url=cls.mock.url))
        cls.server = Server("--config", str(cls.file), model="pilot", env=cls.env)
        cls.openai = openai.OpenAI(base_url=f"{cls.server.url}/v1", api_key="none", max_retries=0)
        cls.anthropic = anthropic.Anthropic(base_url=cls.server.url, api_key="none", max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.mock.__exit__()
        cls.folder.cleanup()

    def test_openai_s_client_at_every_provider(self):
        for route in ("rented", "claude", "own"):
            with self.subTest(route=route):
                whole = self.openai.chat.completions.create(model=route, messages=HELLO, temperature=0)
                self.assertEqual(whole.model, route)
                self.assertGreater(whole.usage.completion_tokens, 0)
                with self.openai.chat.completions.stream(model=route, messages=HELLO, temperature=0) as stream:
                    streamed = stream.get_final_completion()
                self.assertEqual(streamed.choices[0].message.content, whole.choices[0].message.content)
                self.assertEqual(streamed.choices[0].finish_reason, "stop")

    def test_anthropic_s_client_at_every_provider(self):
        for route in ("rented", "claude", "own"):
            with self.subTest(route=route):
                whole = self.anthropic.messages.create(model=route, max_tokens=100, messages=HELLO)
                self.assertEqual((whole.model, whole.stop_reason), (route, "end_turn"))
                self.assertGreater(whole.usage.output_tokens, 0)
                with self.anthropic.messages.stream(model=route, max_tokens=100, messages=HELLO) as stream:
                    streamed = stream.get_final_message()
                self.assertEqual(streamed.stop_reason, "end_turn")
                if route != "own":
                    self.assertEqual(whole.content[0].text, MOCK_TEXT)
                    self.assertEqual(streamed.content[0].text, MOCK_TEXT)

    def test_embeddings_take_a_route(self):
        vectors = self.openai.embeddings.create(model="rented", input=["one", "two"])
        self.assertEqual((vectors.model, len(vectors.data)), ("rented", 2))
        self.assertGreater(len(vectors.data[1].embedding), 0)
        with self.assertRaises(openai.BadRequestError):
            self.openai.embeddings.create(model="claude", input="one")

    def ask_raw(self, route, **more):
        return self.openai.chat.completions.with_raw_response.create(model=route, messages=HELLO, **more)

    def test_the_same_question_is_answered_from_memory_and_shadowed_once(self):
        uses = [self.ask_raw("kept", user="bob@example.com").headers["x-ferry-cache"] for _ in range(2)]
        self.assertEqual(uses, ["miss", "hit"])
        rows, end = [], time.monotonic() + 20
        while len(rows) < 3 and time.monotonic() < end:  # the shadow ends when it ends
            listed = run("traffic", "list", "--route", "kept", "--json", env=self.env)
            rows = json.loads(listed.stdout)
        self.assertEqual(sorted((row["role"], row["target"]) for row in rows),
                         [("answer", "mock/m"), ("answer", "mock/m"), ("shadow", "claude/c")])

    def test_what_a_guardrail_withholds(self):
        whole = self.openai.chat.completions.create(model="guarded", messages=HELLO)
        self.assertEqual((whole.choices[0].finish_reason, whole.choices[0].message.content or ""), ("content_filter", ""))
        streamed, finish = "", None
        for chunk in self.openai.chat.completions.create(model="guarded", messages=HELLO, stream=True):
            for choice in chunk.choices:
                streamed += choice.delta.content or ""
                finish = choice.finish_reason or finish
        self.assertEqual(finish, "content_filter")
        self.assertTrue(MOCK_TEXT.startswith(streamed))
        self.assertNotIn("river", streamed)
        message = self.anthropic.messages.create(model="guarded", max_tokens=100, messages=HELLO)
        self.assertEqual(message.stop_reason, "refusal")

    def test_an_own_model_that_is_unsure_is_not_heard(self):
        for stream in (False, True):
            answer = self.ask_raw("unsure", stream=stream)
            self.assertEqual(answer.headers["x-ferry-target"], "mock/m")
            self.assertIn("mean_logprob", answer.headers["x-ferry-escalated"])

    def test_tools_in_both_dialects(self):
        function = {"type": "function", "function": {"name": "sail", "parameters": SCHEMA}}
        for route in ("rented", "claude"):
            with self.subTest(client="openai", route=route):
                with self.openai.chat.completions.stream(
                        model=route, messages=HELLO, tools=[function], tool_choice="required") as stream:
                    message = stream.get_final_completion().choices[0].message
                self.assertEqual(message.tool_calls[0].function.name, "sail")
                self.assertIn("port", json.loads(message.tool_calls[0].function.arguments))
                answer = self.openai.chat.completions.create(model=route, tools=[function], messages=[
                    *HELLO, message.model_dump(exclude_none=True, include={"role", "tool_calls"}),
                    {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "noon"}])
                self.assertTrue(answer.choices[0].message.content or answer.choices[0].message.tool_calls)
            with self.subTest(client="anthropic", route=route):
                tool = {"name": "sail", "input_schema": SCHEMA}
                with self.anthropic.messages.stream(model=route, max_tokens=100, messages=HELLO, tools=[tool],
                                                    tool_choice={"type": "any"}) as stream:
                    message = stream.get_final_message()
                call = next(block for block in message.content if block.type == "tool_use")
                self.assertEqual((call.name, message.stop_reason), ("sail", "tool_use"))
                answer = self.anthropic.messages.create(
                    model=route, max_tokens=100, tools=[tool], messages=[
                        *HELLO, {"role": "assistant", "content": [call.model_dump(include={"type", "id", "name", "input"})]},
                        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "noon"}]}])
                self.assertTrue(answer.content)

    def test_what_must_stay_never_reaches_the_upstream(self):
        for stream in (False, True):
            answer = self.openai.chat.completions.with_raw_response.create(model="hybrid", messages=IBAN, stream=stream)
            self.assertEqual(answer.headers["x-ferry-target"], "local/pilot")
            answer.parse() if not stream else list(answer.parse())
        for client in (lambda: self.openai.chat.completions.create(model="rented", messages=IBAN),
                       lambda: self.anthropic.messages.create(model="claude", max_tokens=9, messages=IBAN)):
            with self.assertRaises((openai.BadRequestError, anthropic.BadRequestError)) as refused:
                client()
            self.assertIn("private", str(refused.exception))
        self.assertFalse([r["body"] for r in self.mock.stats()["recorded"] if "3704" in r["body"]])

    def test_failover_before_the_first_byte_and_an_honest_end_after_it(self):
        answer = self.openai.chat.completions.with_raw_response.create(model="shaky", messages=HELLO)
        self.assertEqual(answer.headers["x-ferry-target"], "mock/m")
        self.assertEqual(answer.parse().choices[0].message.content, MOCK_TEXT)
        with self.assertRaises(openai.APIError):
            list(self.openai.chat.completions.create(model="dying", messages=HELLO, stream=True))

    def test_models_are_routes(self):
        self.assertEqual([m.id for m in self.openai.models.list()],
                         ["claude", "dying", "guarded", "hybrid", "kept", "own", "rented", "shaky", "unsure"])
        with self.assertRaises(openai.NotFoundError):
            self.openai.chat.completions.create(model="pilot2", messages=HELLO)

    def test_feedback_is_recorded_and_shown(self):
        answer = self.openai.chat.completions.with_raw_response.create(model="rented", messages=HELLO)
        exchange = answer.headers["x-ferry-exchange"]
        body = {"exchange": exchange, "rating": 0.5, "comment": "quick", "edit": "The ferry leaves at noon."}
        given = self.openai.post("/feedback", body=body, cast_to=object)
        self.assertEqual(given["recorded"], ["rating", "edit"])
        with self.assertRaises(openai.BadRequestError) as refused:
            self.openai.post("/feedback", body={"exchange": exchange, "stars": 5}, cast_to=object)
        self.assertEqual(refused.exception.param, "rating")
        unknown = {"exchange": "019ab3c4-d5e6-7f01-8234-56789abcdef0", "rating": 1}
        with self.assertRaises(openai.NotFoundError):
            self.openai.post("/feedback", body=unknown, cast_to=object)
        shown = run("traffic", "show", exchange, env=self.env)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn(b"The ferry leaves at noon.", shown.stdout)


class AccountsTest(unittest.TestCase):
    def test_keys_budgets_and_kill(self):
        with tempfile.TemporaryDirectory() as folder, Mock("--latency", "5ms") as mock:
            env = {"FERRY_HOME": folder}
            file = pathlib.Path(folder) / "ferry.yaml"
            file.write_text(CONFIG.format(url=mock.url))
            made = run("key", "create", "--name", "app", "--budget", "1/day", "--json", env=env)
            self.assertEqual(made.returncode, 0, made.stderr)
            secret = json.loads(made.stdout)["secret"]
            with Server("--config", str(file), model="pilot", env=env) as server:
                stranger = openai.OpenAI(base_url=f"{server.url}/v1", api_key="fk_nobody", max_retries=0)
                with self.assertRaises(openai.AuthenticationError):
                    stranger.chat.completions.create(model="rented", messages=HELLO)
                client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret, max_retries=0)
                self.assertEqual(client.chat.completions.create(model="rented", messages=HELLO).model, "rented")

                def ask(_):
                    try:
                        client.chat.completions.create(model="rented", messages=HELLO)
                        return True
                    except openai.APIError:
                        return False

                with ThreadPoolExecutor(8) as pool:
                    answers = [pool.submit(ask, i) for i in range(200)]
                    while sum(answer.done() for answer in answers) < 40:
                        pass
                    os.kill(server.process.pid, signal.SIGKILL)
                    answered = sum(answer.result() for answer in answers)
            self.assertGreaterEqual(answered, 1)
            # What was answered is recorded, and the chain holds.
            with Server("--config", str(file), model="pilot", env=env):
                pass
            verified = run("audit", "verify", env=env)
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
            listed = run("traffic", "list", "--limit", "1000", "--json", env=env)
            self.assertEqual(listed.returncode, 0, listed.stderr)
            attempts = [json.loads(line) for line in listed.stdout.splitlines()] \
                if not listed.stdout.startswith(b"[") else json.loads(listed.stdout)
            self.assertGreaterEqual(len(attempts), answered + 1)

    def test_a_key_hears_of_its_routes_only(self):
        with tempfile.TemporaryDirectory() as folder, Mock() as mock:
            env = {"FERRY_HOME": folder}
            file = pathlib.Path(folder) / "ferry.yaml"
            file.write_text(CONFIG.format(url=mock.url))
            made = run("key", "create", "--name", "app", "--route", "claude", "--json", env=env)
            self.assertEqual(made.returncode, 0, made.stderr)
            secret = json.loads(made.stdout)["secret"]
            with Server("--config", str(file), model="pilot", env=env) as server:
                client = openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret, max_retries=0)
                self.assertEqual([model.id for model in client.models.list()], ["claude"])
                request = urllib.request.Request(f"{server.url}/v1/capabilities",
                                                 headers={"Authorization": f"Bearer {secret}"})
                with urllib.request.urlopen(request) as answer:
                    told = answer.read().decode()
                self.assertIn("claude/c", told)
                self.assertNotIn("mock/m", told)


if __name__ == "__main__":
    unittest.main()
