"""Thoughts: told apart from the answer, limited, and left out of what a schema says."""

import json
import pathlib
import tempfile
import unittest

import openai
from ferry import WORK, Server
from thinker import make_thinker

MESSAGES = [{"role": "user", "content": "What is Ferry, and who is it for?"}]
THINK = {"enable_thinking": True}
BUDGET = 8
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 10}, "size": {"type": "integer", "maximum": 9, "minimum": 0}},
            "required": ["city", "size"],
            "additionalProperties": False,
        },
    },
}


class Thoughts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(dir=WORK)
        model = pathlib.Path(cls.folder.name) / "thinker"
        model.mkdir()
        make_thinker(model)
        cls.server = Server(model=str(model))
        cls.client = openai.OpenAI(base_url=f"{cls.server.url}/v1", api_key="none", max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.__exit__()
        cls.folder.cleanup()

    def ask(self, extra=None, **more):
        body = {"chat_template_kwargs": THINK, "thinking_token_budget": BUDGET, **(extra or {})}
        return self.client.chat.completions.create(
            model="thinker", messages=MESSAGES, temperature=0, max_tokens=60, extra_body=body, **more
        )

    def test_the_thought_ends_at_its_budget_and_the_answer_follows(self):
        answer = self.ask()
        message = answer.choices[0].message
        self.assertTrue(message.reasoning_content)
        self.assertEqual(message.reasoning, message.reasoning_content)
        self.assertTrue(message.content)
        self.assertNotIn("think>", message.content + message.reasoning_content)
        thought = answer.usage.completion_tokens_details.reasoning_tokens
        # The closing marker is part of it, spelt in ordinary tokens by this vocabulary.
        self.assertGreater(thought, BUDGET)
        self.assertLess(thought, BUDGET + 12)
        self.assertLess(thought, answer.usage.completion_tokens)

    def test_a_larger_budget_is_a_longer_thought(self):
        short, long = self.ask(), self.ask({"thinking_token_budget": 3 * BUDGET})
        self.assertTrue(long.choices[0].message.reasoning.startswith(short.choices[0].message.reasoning.rstrip()))
        self.assertGreater(len(long.choices[0].message.reasoning), len(short.choices[0].message.reasoning))

    def test_a_thought_that_max_tokens_cuts_is_all_there_is(self):
        answer = self.ask({"thinking_token_budget": None, "max_completion_tokens": 5})
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.choices[0].message.content, "")
        self.assertTrue(answer.choices[0].message.reasoning)
        self.assertEqual(answer.usage.completion_tokens_details.reasoning_tokens, 5)

    def test_a_stream_has_the_same(self):
        whole = self.ask().choices[0].message
        thought, text = "", ""
        for chunk in self.ask(stream=True):
            delta = chunk.choices[0].delta
            piece = getattr(delta, "reasoning_content", None) or ""
            self.assertFalse(piece and text, "the thought comes first")
            thought += piece
            text += delta.content or ""
        self.assertEqual((thought, text), (whole.reasoning_content, whole.content))

    def test_no_thought_where_none_is_wanted(self):
        hidden = self.ask({"include_reasoning": False})
        self.assertFalse(hasattr(hidden.choices[0].message, "reasoning"))
        self.assertEqual(hidden.choices[0].message.content, self.ask().choices[0].message.content)
        self.assertGreater(hidden.usage.completion_tokens_details.reasoning_tokens, 0)

        never = self.client.chat.completions.create(
            model="thinker", messages=MESSAGES, temperature=0, max_tokens=20, reasoning_effort="none",
            extra_body={"return_prompt_text": True},
        )  # fmt: skip
        self.assertTrue(never.model_extra["prompt_text"].endswith("</think>\n\n"))
        self.assertEqual(never.usage.completion_tokens_details.reasoning_tokens, 0)

    def test_left_in_the_text(self):
        apart, together = self.ask(), self.ask({"reasoning_format": "none"})
        self.assertEqual(
            together.choices[0].message.content.replace(" ", "").replace("\n", ""),
            (apart.choices[0].message.reasoning + "</think>" + apart.choices[0].message.content).replace(" ", "").replace("\n", ""),
        )

    def test_an_effort_leaves_a_short_thought_alone(self):
        plain = self.ask({"thinking_token_budget": None})
        low = self.ask({"thinking_token_budget": None}, reasoning_effort="low")
        self.assertEqual(low.choices[0].message.content, plain.choices[0].message.content)

    def test_a_schema_is_about_the_answer_not_the_thought(self):
        for stream in (False, True):
            with self.subTest(stream=stream):
                if stream:
                    deltas = [c.choices[0].delta for c in self.ask(stream=True, response_format=SCHEMA)]
                    thought = "".join(getattr(d, "reasoning", None) or "" for d in deltas)
                    text = "".join(d.content or "" for d in deltas)
                else:
                    message = self.ask(response_format=SCHEMA).choices[0].message
                    thought, text = message.reasoning, message.content
                self.assertTrue(thought)
                self.assertEqual(set(json.loads(text)), {"city", "size"})

    def test_logprobs_are_told_of_every_token(self):
        answer = self.ask({"return_token_ids": True}, logprobs=True)
        told = len(answer.choices[0].logprobs.content)
        self.assertEqual(told, answer.usage.completion_tokens)


if __name__ == "__main__":
    unittest.main()
