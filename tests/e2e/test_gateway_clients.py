"""The clients of OpenAI and Anthropic at the gateway: what their exceptions, headers and asynchronous halves make of it."""

import asyncio
import time
import unittest

import anthropic
import openai
from gateway import PROVIDERS, TEXT, Gateway

HELLO = [{"role": "user", "content": "hello"}]


class ClientsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = cls.enterClassContext(Gateway())
        cls.openai = cls.openai_client("app")
        cls.anthropic = cls.anthropic_client("app")

    @classmethod
    def openai_client(cls, key, kind=openai.OpenAI, **options):
        secret = cls.gateway.keys.get(key, key)
        return kind(base_url=f"{cls.gateway.url}/v1", api_key=secret, max_retries=0, **options)

    @classmethod
    def anthropic_client(cls, key, kind=anthropic.Anthropic, **options):
        secret = cls.gateway.keys.get(key, key)
        return kind(base_url=cls.gateway.url, api_key=secret, max_retries=0, **options)

    def chat(self, model, client=None, **change):
        return (client or self.openai).chat.completions.create(model=model, messages=HELLO, **change)

    def message(self, model, client=None, **change):
        return (client or self.anthropic).messages.create(model=model, messages=HELLO, max_tokens=50, **change)

    def both(self, model, openai_error, anthropic_error, key="app"):
        """What each client raises: for an answer and for a stream, as OpenAI's; for an answer, as Anthropic's."""
        raised = []
        for expected, ask in (
                (openai_error, lambda: self.chat(model, self.openai_client(key))),
                (openai_error, lambda: self.chat(model, self.openai_client(key), stream=True)),
                (anthropic_error, lambda: self.message(model, self.anthropic_client(key)))):
            with self.subTest(model=model, key=key, error=expected), self.assertRaises(expected) as caught:
                ask()
            raised.append(caught.exception)
        # What Anthropic's client shows of an error is its body's type.
        self.assertEqual(raised[-1].body["type"], "error")
        return raised

    def test_what_the_caller_does_wrong(self):
        self.both("nobody", openai.NotFoundError, anthropic.NotFoundError)
        self.both("openai", openai.AuthenticationError, anthropic.AuthenticationError, key="fk_nobody")
        # A route that a key may not use is none that it knows of.
        self.both("openai", openai.NotFoundError, anthropic.NotFoundError, key="narrow")
        self.both("refused", openai.BadRequestError, anthropic.BadRequestError)
        with self.assertRaises(openai.BadRequestError) as caught:
            self.chat("openai", temperature=9)
        self.assertEqual(caught.exception.param, "temperature")
        with self.assertRaises(openai.BadRequestError) as caught:
            self.chat("anthropic", seed=1)
        self.assertIn("seed", str(caught.exception))

    def test_what_is_used_up(self):
        for key in ("hasty", "poor"):
            if key == "hasty":
                self.chat("own", self.openai_client(key))  # the one of this minute
            for error in self.both("openai", openai.RateLimitError, anthropic.RateLimitError, key=key):
                self.assertGreater(int(error.response.headers["retry-after"]), 0)

    def test_what_the_upstream_does_wrong(self):
        # Our key is not good there: no fault of the caller, whose client would otherwise say that theirs is not.
        self.both("unpaid", openai.InternalServerError, anthropic.InternalServerError)
        self.both("broken", openai.InternalServerError, anthropic.InternalServerError)
        self.both("gone", openai.InternalServerError, anthropic.InternalServerError)
        for model, error, ask in (("busy", openai.RateLimitError, self.chat),
                                  ("busy_anthropic", anthropic.RateLimitError, self.message)):
            with self.assertRaises(error) as caught:
                ask(model)
            self.assertEqual(caught.exception.response.headers["retry-after"], "7")

    def test_a_stream_that_is_cut_is_an_error(self):
        for model in ("cut", "cut_anthropic"):
            with self.subTest(model=model):
                with self.assertRaises(openai.APIError):
                    list(self.chat(model, stream=True))
                with self.assertRaises(anthropic.APIError):
                    list(self.message(model, stream=True))

    def test_the_answer_s_headers(self):
        seen = set()
        for model, target in (("openai", "mock/m"), ("anthropic", "claude/m"), ("own", "local/pilot")):
            for answer in (self.openai.chat.completions.with_raw_response.create(model=model, messages=HELLO),
                           self.anthropic.messages.with_raw_response.create(model=model, messages=HELLO, max_tokens=9)):
                self.assertEqual(answer.headers["x-ferry-target"], target)
                self.assertTrue(answer.headers["x-request-id"])
                seen.add(answer.headers["x-ferry-exchange"])
        self.assertEqual(len(seen), 6)
        with self.openai.chat.completions.with_streaming_response.create(
                model="anthropic", messages=HELLO, stream=True) as answer:
            self.assertEqual(answer.headers["x-ferry-target"], "claude/m")
            self.assertEqual(list(answer.iter_lines())[-2], "data: [DONE]")

    def test_the_caller_s_key_stays_here(self):
        self.chat("openai")
        self.message("anthropic")
        for request in self.gateway.mock.stats()["recorded"]:
            for secret in self.gateway.keys.values():
                self.assertNotIn(secret, str(request))

    def test_a_client_that_leaves_is_seen_upstream(self):
        for model in ("slow", "slow_anthropic"):
            for stream in (self.chat(model, stream=True), self.message(model, stream=True)):
                before = self.gateway.mock.stats()["disconnects"]
                for _ in range(3):
                    next(stream)
                stream.close()
                end = time.monotonic() + 5
                while self.gateway.mock.stats()["disconnects"] == before:
                    self.assertLess(time.monotonic(), end, f"{model}: the upstream still talks to a client that has left")
                    time.sleep(0.02)

    def test_a_client_s_timeout(self):
        for ask in (lambda: self.chat("late", self.openai_client("app", timeout=0.3)),
                    lambda: self.message("late_anthropic", self.anthropic_client("app", timeout=0.3))):
            with self.assertRaises((openai.APITimeoutError, anthropic.APITimeoutError)):
                ask()
        self.assertEqual(self.chat("openai").choices[0].message.content, TEXT)

    def test_a_client_retries_by_itself(self):
        patient = self.openai_client("app").with_options(max_retries=1)
        # 503 and its Retry-After of a second: the client comes again, and is told the same.
        with self.assertRaises(openai.InternalServerError) as caught:
            patient.chat.completions.create(model="gone", messages=HELLO)
        self.assertEqual(caught.exception.request.headers["x-stainless-retry-count"], "1")

    def test_counting_tokens(self):
        longer = [{"role": "user", "content": "hello " * 100}]
        for model in PROVIDERS:
            with self.subTest(model=model):
                short = self.anthropic.messages.count_tokens(model=model, messages=HELLO).input_tokens
                self.assertGreater(short, 0)
                self.assertGreater(self.anthropic.messages.count_tokens(model=model, messages=longer).input_tokens, short + 50)
        with self.assertRaises(anthropic.NotFoundError):
            self.anthropic.messages.count_tokens(model="nobody", messages=HELLO)

    def test_models_in_both_dialects(self):
        names = [model.id for model in self.openai.models.list()]
        self.assertIn("anthropic", names)
        self.assertEqual(self.openai.models.retrieve("own").object, "model")
        self.assertEqual([model.id for model in self.anthropic.models.list()], names)
        self.assertEqual(self.anthropic.models.retrieve("own").type, "model")
        with self.assertRaises(anthropic.NotFoundError) as caught:
            self.anthropic.models.retrieve("nobody")
        self.assertEqual(caught.exception.body["type"], "error")


class AsynchronousClientsTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = cls.enterClassContext(Gateway())

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # which would tell of each step that takes a while
        key = self.gateway.keys["app"]
        self.openai = await self.enterAsyncContext(
            openai.AsyncOpenAI(base_url=f"{self.gateway.url}/v1", api_key=key, max_retries=0))
        self.anthropic = await self.enterAsyncContext(
            anthropic.AsyncAnthropic(base_url=self.gateway.url, api_key=key, max_retries=0))

    async def chat(self, model):
        return (await self.openai.chat.completions.create(model=model, messages=HELLO)).choices[0].message.content

    async def chat_stream(self, model):
        async with self.openai.chat.completions.stream(model=model, messages=HELLO) as stream:
            return (await stream.get_final_completion()).choices[0].message.content

    async def message(self, model):
        return (await self.anthropic.messages.create(model=model, messages=HELLO, max_tokens=50)).content[0].text

    async def message_stream(self, model):
        async with self.anthropic.messages.stream(model=model, messages=HELLO, max_tokens=50) as stream:
            return (await stream.get_final_message()).content[0].text

    async def test_many_at_once_get_their_own_answers(self):
        asks = (self.chat, self.chat_stream, self.message, self.message_stream)
        answers = await asyncio.gather(*(ask(model) for _ in range(20) for model in ("openai", "anthropic") for ask in asks))
        self.assertEqual(answers, [TEXT] * 160)
        own = await asyncio.gather(*(ask("own") for ask in asks))
        self.assertTrue(all(own), own)

    async def test_a_cancelled_task_is_seen_upstream(self):
        before = self.gateway.mock.stats()["disconnects"]
        tasks = [asyncio.create_task(self.chat_stream("slow")), asyncio.create_task(self.message_stream("slow_anthropic"))]
        await asyncio.sleep(0.3)
        for task in tasks:
            task.cancel()
        self.assertTrue(all(isinstance(end, asyncio.CancelledError)
                            for end in await asyncio.gather(*tasks, return_exceptions=True)))
        end = time.monotonic() + 5
        while self.gateway.mock.stats()["disconnects"] < before + 2:
            self.assertLess(time.monotonic(), end, "the upstream still talks to clients that have left")
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    unittest.main()
