"""Tools, with OpenAI's client: calls that are forced keep to their schemas, whatever the model would like to say."""

import json
import pathlib
import tempfile
import unittest
from typing import Literal

import openai
from ferry import WORK, Server
from pydantic import BaseModel, ConfigDict, Field
from test_server import ask
from thinker import make_thinker

QUESTION = [{"role": "user", "content": "What is the weather in Zürich?"}]


class Weather(BaseModel):
    """The weather in a city."""

    model_config = ConfigDict(extra="forbid")
    city: str = Field(max_length=12)
    days: int = Field(ge=1, le=7)
    unit: Literal["C", "F"]


class Save(BaseModel):
    """Saves words."""

    model_config = ConfigDict(extra="forbid")
    tags: list[Literal["a", "b"]] = Field(max_length=3)


MODELS = {"get_weather": Weather, "save": Save}


def tool(name, strict=True):
    function = {"name": name, "description": MODELS[name].__doc__, "parameters": MODELS[name].model_json_schema()}
    return {"type": "function", "function": {**function, "strict": strict}}


TOOLS = [tool("get_weather"), tool("save")]
NAMED = {"type": "function", "function": {"name": "save"}}


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(dir=WORK)
        model = pathlib.Path(cls.folder.name) / "thinker"
        model.mkdir()
        make_thinker(model)
        cls.model = str(model)
        cls.server = Server(model=cls.model)
        cls.client = openai.OpenAI(base_url=f"{cls.server.url}/v1", api_key="none", max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.__exit__()
        cls.folder.cleanup()

    def ask(self, seed=1, tools=TOOLS, messages=QUESTION, **more):
        return self.client.chat.completions.create(
            model="thinker", messages=messages, tools=tools, seed=seed, temperature=1, max_tokens=200, **more
        )

    def check_calls(self, calls):
        for call in calls:
            MODELS[call.function.name].model_validate_json(call.function.arguments, strict=True)
            self.assertTrue(call.id.startswith("call_"))
        self.assertEqual(len({call.id for call in calls}), len(calls))

    def test_required_calls_are_valid(self):
        names = set()
        for seed in range(25):
            choice = self.ask(seed, tool_choice="required", parallel_tool_calls=False).choices[0]
            self.assertEqual(choice.finish_reason, "tool_calls")
            self.assertIsNone(choice.message.content)
            self.assertEqual(len(choice.message.tool_calls), 1)
            self.check_calls(choice.message.tool_calls)
            names.add(choice.message.tool_calls[0].function.name)
        self.assertEqual(names, set(MODELS))

    def test_one_that_is_named(self):
        for seed in range(5):
            choice = self.ask(seed, tool_choice=NAMED, parallel_tool_calls=False).choices[0]
            self.assertEqual([call.function.name for call in choice.message.tool_calls], ["save"])
            self.check_calls(choice.message.tool_calls)

    def test_only_those_that_are_allowed(self):
        allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "get_weather"}}]}
        choice = self.ask(tool_choice={"type": "allowed_tools", "allowed_tools": allowed}).choices[0]
        self.assertEqual({call.function.name for call in choice.message.tool_calls}, {"get_weather"})

    def test_several_calls_at_once(self):
        # Whatever the model wants, the answer cannot end before it is cut.
        never_ends = {"logit_bias": {"2": -100}}
        choice = self.ask(tool_choice="required", **never_ends).choices[0]
        self.assertEqual(choice.finish_reason, "length")
        self.assertGreater(len(choice.message.tool_calls), 2)
        self.check_calls(choice.message.tool_calls[:-1])
        one = self.ask(tool_choice="required", parallel_tool_calls=False).choices[0]
        self.assertEqual(len(one.message.tool_calls), 1)

    def test_a_stream_has_the_same_calls(self):
        for seed in range(5):
            whole = self.ask(seed, tool_choice="required").choices[0].message.tool_calls
            collected, pieces = {}, 0
            finish = None
            for chunk in self.ask(seed, tool_choice="required", stream=True):
                finish = chunk.choices[0].finish_reason or finish
                self.assertFalse(chunk.choices[0].delta.content)
                for call in chunk.choices[0].delta.tool_calls or []:
                    pieces += 1
                    if call.index not in collected:
                        self.assertTrue(call.id and call.type == "function" and call.function.name)
                        collected[call.index] = [call.function.name, ""]
                    collected[call.index][1] += call.function.arguments or ""
            self.assertEqual(sorted(collected), list(range(len(whole))))
            self.assertEqual([tuple(c) for _, c in sorted(collected.items())], [(c.function.name, c.function.arguments) for c in whole])
            self.assertGreater(pieces, len(whole), "arguments come as they are made")
            self.assertIn(finish, ("tool_calls", "length"))

    def test_the_clients_own_helpers(self):
        parsed = self.client.chat.completions.parse(
            model="thinker", messages=QUESTION, tools=[openai.pydantic_function_tool(Save, name="save")],
            tool_choice="required", parallel_tool_calls=False, seed=3, max_tokens=100,
        )  # fmt: skip
        self.assertIsInstance(parsed.choices[0].message.tool_calls[0].function.parsed_arguments, Save)
        with self.client.chat.completions.stream(
            model="thinker", messages=QUESTION, tools=[openai.pydantic_function_tool(Save, name="save")],
            tool_choice="required", parallel_tool_calls=False, seed=3, max_tokens=100,
        ) as stream:  # fmt: skip
            events = [event.type for event in stream]
            final = stream.get_final_completion()
        self.assertIn("tool_calls.function.arguments.delta", events)
        self.assertIn("tool_calls.function.arguments.done", events)
        self.assertIsInstance(final.choices[0].message.tool_calls[0].function.parsed_arguments, Save)

    def test_the_conversation_goes_on_with_results(self):
        message = self.ask(tool_choice=NAMED, parallel_tool_calls=False).choices[0].message
        call = message.tool_calls[0]
        history = [*QUESTION, message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "saved"}]
        answer = self.ask(messages=history, extra_body={"return_prompt_text": True})
        prompt = answer.model_extra["prompt_text"]
        self.assertIn('<tool_call>\n{"name": "save", "arguments": ' + json.dumps(json.loads(call.function.arguments)), prompt)
        self.assertIn("<|im_start|>tool\nsaved", prompt)

    def test_words_where_no_call_is_wanted(self):
        for more in ({}, {"tool_choice": "auto"}, {"tool_choice": "none"}):
            choice = self.ask(**more).choices[0]
            self.assertTrue(choice.message.content)
            self.assertIsNone(choice.message.tool_calls)
        shown = self.ask(tool_choice="none", extra_body={"return_prompt_text": True}).model_extra["prompt_text"]
        self.assertNotIn("get_weather", shown)

    def test_a_format_is_about_the_words(self):
        schema = {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": {"enum": ["boat", "ship"]}}}
        for seed in range(8):
            message = self.ask(seed, response_format=schema).choices[0].message
            if message.tool_calls:
                self.check_calls(message.tool_calls)
            else:
                self.assertIn(json.loads(message.content), ("boat", "ship"))

    def test_a_thought_comes_before_the_call(self):
        extra = {"chat_template_kwargs": {"enable_thinking": True}, "thinking_token_budget": 8}
        message = self.ask(tool_choice="required", extra_body=extra).choices[0].message
        self.assertTrue(message.reasoning)
        self.check_calls(message.tool_calls[:1])

    def test_what_cannot_be_promised_is_refused(self):
        odd = {"type": "object", "properties": {"a": {"type": "string", "contentEncoding": "base64"}, "b": {"$ref": "#/nowhere"}}}
        strict = {"type": "function", "function": {"name": "odd", "parameters": odd, "strict": True}}
        with self.assertRaises(openai.BadRequestError) as refused:
            self.ask(tools=[strict], tool_choice="required")
        self.assertEqual(refused.exception.param, "tools")
        self.assertIn("'odd'", refused.exception.message)
        # Without that promise it is an object, whatever is in it.
        strict["function"]["strict"] = False
        calls = self.ask(tools=[strict], tool_choice="required", parallel_tool_calls=False).choices[0].message.tool_calls
        self.assertEqual(calls[0].function.name, "odd")

    def test_a_model_without_a_syntax_for_calls(self):
        with Server() as server:
            body = {"model": server.models[0], "messages": QUESTION, "tools": TOOLS}
            status, _, answer = ask(server, "POST", "/v1/chat/completions", body)
            self.assertEqual(status, 400)
            self.assertIn("--tool-parser", json.loads(answer)["error"]["message"])
        with Server("--tool-parser", "hermes") as server:
            body = {**body, "tool_choice": "required", "parallel_tool_calls": False}
            status, _, answer = ask(server, "POST", "/v1/chat/completions", body)
            self.assertEqual(status, 200, answer)
            self.assertEqual(json.loads(answer)["choices"][0]["finish_reason"], "tool_calls")


if __name__ == "__main__":
    unittest.main()
