"""LangChain at the gateway: its classes for OpenAI and for Anthropic, before the mock in both dialects and our engine."""

import unittest
from typing import Literal

from gateway import PROVIDERS, TEXT, Gateway
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI
from pydantic import BaseModel


class Trip(BaseModel):
    """A trip by ferry."""

    day: Literal["monday", "friday"]
    adults: Literal[1, 2, 3]


@tool
def sail(day: Literal["monday", "friday"]) -> str:
    """Tells when a ferry sails."""
    return f"at noon on {day}"


class LangChainTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = cls.enterClassContext(Gateway())

    def chats(self):
        """Each class at each provider, as a subtest."""
        options = {"api_key": self.gateway.keys["app"], "max_retries": 0, "max_tokens": 100}
        for route in PROVIDERS:
            with self.subTest(client="ChatOpenAI", route=route):
                yield route, ChatOpenAI(model=route, base_url=f"{self.gateway.url}/v1", stream_usage=True, **options)
            with self.subTest(client="ChatAnthropic", route=route):
                yield route, ChatAnthropic(model=route, base_url=self.gateway.url, **options)

    def test_an_answer_whole_and_streamed(self):
        for route, chat in self.chats():
            whole = chat.invoke([("system", "Be short."), ("human", "hello")])
            pieces = list(chat.stream([("system", "Be short."), ("human", "hello")]))
            streamed = sum(pieces[1:], pieces[0])
            self.assertEqual(streamed.text, whole.text)
            self.assertGreater(len(pieces), 5)
            self.assertGreater(whole.usage_metadata["input_tokens"], 0)
            self.assertEqual(streamed.usage_metadata["output_tokens"], whole.usage_metadata["output_tokens"])
            if route != "own":
                self.assertEqual(whole.text, TEXT)

    def test_tools_whole_and_streamed(self):
        for _, chat in self.chats():
            caller = chat.bind_tools([sail], tool_choice="any")
            pieces = list(caller.stream("When does it sail?"))
            for answer in (caller.invoke("When does it sail?"), sum(pieces[1:], pieces[0])):
                [call] = answer.tool_calls
                self.assertEqual(call["name"], "sail")
                result = sail.invoke(call)
                self.assertIsInstance(result, ToolMessage)
                self.assertIn("at noon on", result.content)
                closing = chat.bind_tools([sail]).invoke([HumanMessage("When does it sail?"), answer, result])
                self.assertTrue(closing.text or closing.tool_calls)

    def test_structured_output(self):
        for _, chat in self.chats():
            for method in ("json_schema", "function_calling"):
                self.assertIsInstance(chat.with_structured_output(Trip, method=method).invoke("When?"), Trip, method)

    def test_several_at_once(self):
        for _, chat in self.chats():
            answers = chat.batch(["hello"] * 8)
            self.assertEqual(len(answers), 8)
            self.assertTrue(all(answer.text for answer in answers))

    def test_a_text_is_continued(self):
        options = {"api_key": self.gateway.keys["app"], "base_url": f"{self.gateway.url}/v1", "max_retries": 0}
        text = OpenAI(model="openai", **options)
        self.assertEqual("".join(text.stream("hello")), text.invoke("hello"))
        self.assertTrue(OpenAI(model="own", max_tokens=8, **options).invoke("The ferry"))


if __name__ == "__main__":
    unittest.main()
