"""The mock upstream with the clients it stands in for: OpenAI's and Anthropic's."""

import hashlib
import json
import unittest

import anthropic
import openai
from ferry import Mock, run

QUESTION = [{"role": "user", "content": "Where does it sail?"}]
SCHEMA = {
    "type": "object",
    "properties": {"port": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["port", "days"],
}
ARGUMENTS = {"port": "ferry", "days": 1}
TEXT = "The ferry crosses the river at noon, and returns before dusk with its passengers."


class WithOpenAi(unittest.TestCase):
    def setUp(self):
        self.mock = self.enterContext(Mock("--record", "5", "--record-bodies"))
        self.client = self.make_client()

    def make_client(self, **options):
        return openai.OpenAI(base_url=f"{self.mock.url}/v1", api_key="sk-mock", max_retries=0, **options)

    def test_a_chat_whole_and_streamed(self):
        whole = self.client.chat.completions.create(model="m", messages=QUESTION)
        self.assertEqual(whole.choices[0].message.content, TEXT)
        self.assertEqual(whole.usage.completion_tokens, 16)
        chunks = list(
            self.client.chat.completions.create(
                model="m", messages=QUESTION, stream=True, stream_options={"include_usage": True}))
        self.assertEqual("".join(c.choices[0].delta.content or "" for c in chunks if c.choices), TEXT)
        self.assertEqual(chunks[-1].usage.completion_tokens, 16)

    def test_tools(self):
        tools = [{"type": "function", "function": {"name": "sail", "parameters": SCHEMA}}]
        with self.client.chat.completions.stream(
                model="m", messages=QUESTION, tools=tools, tool_choice="required") as stream:
            streamed = stream.get_final_completion()
        whole = self.client.chat.completions.create(model="m", messages=QUESTION, tools=tools, tool_choice="required")
        for answer in (whole, streamed):
            self.assertEqual(answer.choices[0].finish_reason, "tool_calls")
            call = answer.choices[0].message.tool_calls[0]
            self.assertEqual((call.function.name, json.loads(call.function.arguments)), ("sail", ARGUMENTS))

    def test_the_rest(self):
        self.assertEqual(self.client.completions.create(model="m", prompt="x", max_tokens=2).choices[0].text, "The ferry")
        vectors = self.client.embeddings.create(model="m", input=["a", "b"], dimensions=8).data
        self.assertEqual([len(v.embedding) for v in vectors], [8, 8])
        self.assertEqual([m.id for m in self.client.models.list()], ["mock-large", "mock-small"])

    def test_failures_are_what_the_client_expects(self):
        def ask(fault, **options):
            return self.client.chat.completions.create(model=f"m?fault={fault}", messages=QUESTION, **options)

        for fault, error in [("status_400", openai.BadRequestError), ("status_401", openai.AuthenticationError),
                             ("status_429", openai.RateLimitError), ("status_500", openai.InternalServerError),
                             ("refuse", openai.APIConnectionError), ("garbage", openai.APIConnectionError)]:
            with self.assertRaises(error, msg=fault):
                ask(fault)
        with self.assertRaises(openai.APIError):
            list(ask("error_event", stream=True))
        with self.assertRaises(Exception):
            list(ask("cut_stream", stream=True))
        self.assertEqual(self.mock.stats()["by_fault"]["cut_stream"], 1)

    def test_what_reached_it_is_told(self):
        body = b'{"model": "m", "prompt": "secret"}'
        self.client.post("/completions", body=json.loads(body), cast_to=object)
        seen = self.mock.stats()["recorded"][-1]
        self.assertEqual(json.loads(seen["body"]), json.loads(body))
        self.assertEqual(seen["sha256"], hashlib.sha256(seen["body"].encode()).hexdigest())


class WithAnthropic(unittest.TestCase):
    def setUp(self):
        self.mock = self.enterContext(Mock("--cached-tokens", "3"))
        self.client = anthropic.Anthropic(base_url=self.mock.url, api_key="sk-mock", max_retries=0)

    def test_messages_whole_and_streamed(self):
        with self.client.messages.stream(model="m", max_tokens=100, messages=QUESTION) as stream:
            streamed = stream.get_final_message()
        whole = self.client.messages.create(model="m", max_tokens=100, messages=QUESTION)
        for answer in (whole, streamed):
            self.assertEqual(answer.content[0].text, TEXT)
            self.assertEqual(answer.stop_reason, "end_turn")
            self.assertEqual(answer.usage.output_tokens, 16)
            self.assertEqual(answer.usage.cache_read_input_tokens, 3)

    def test_tools_and_thinking(self):
        asked = {
            "model": "m",
            "max_tokens": 2000,
            "messages": QUESTION,
            "tools": [{"name": "sail", "input_schema": SCHEMA}],
            "tool_choice": {"type": "any"},
            "thinking": {"type": "enabled", "budget_tokens": 1024},
        }
        with self.client.messages.stream(**asked) as stream:
            streamed = stream.get_final_message()
        for answer in (self.client.messages.create(**asked), streamed):
            thought, call = answer.content
            self.assertTrue(thought.thinking and thought.signature)
            self.assertEqual((call.name, call.input, answer.stop_reason), ("sail", ARGUMENTS, "tool_use"))

    def test_counting_and_models(self):
        self.assertGreater(self.client.messages.count_tokens(model="m", messages=QUESTION).input_tokens, 3)
        self.assertEqual([m.id for m in self.client.models.list()], ["mock-large", "mock-small"])

    def test_failures_are_what_the_client_expects(self):
        def ask(fault, **options):
            return self.client.messages.create(model=f"m?fault={fault}", max_tokens=9, messages=QUESTION, **options)

        for fault, error in [("status_401", anthropic.AuthenticationError), ("status_429", anthropic.RateLimitError),
                             ("status_529", anthropic.APIStatusError), ("refuse", anthropic.APIConnectionError)]:
            with self.assertRaises(error, msg=fault):
                ask(fault)
        with self.assertRaises(anthropic.APIStatusError):
            list(ask("error_event", stream=True))


class Flags(unittest.TestCase):
    def test_what_is_wrong_is_named(self):
        for arguments, message in [(["--fault", "x"], "there are status_400"), (["--port", "70000"], "0 to 65535"),
                                   (["--latency", "fast"], "latency"), (["--host", "name"], "address")]:
            done = run("mock", *arguments)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn(message, done.stderr.decode())
