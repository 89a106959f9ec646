"""Every field that docs/api.md lists, against a started server: what is honoured shows in the answer, what is accepted
changes nothing, what is refused is a 400 that names it."""

import json
import pathlib
import re
import shutil
import tempfile
import threading
import time
import unittest
from dataclasses import dataclass, field
from typing import Any

from ferry import WORK, Server
from test_server import ask

ROOT = pathlib.Path(__file__).parents[2]
ROUTES = {"chat": "/v1/chat/completions", "completions": "/v1/completions"}
SLASH, END, BEGIN = 17, 2, 1  # tokens of the bundled model: "/", <|im_end|>, <|im_start|>
# Its last ones, which here have other names than their own.
GAP = {"<fim_prefix>": 2045, "<fim_suffix>": 2046, "<fim_middle>": 2047}

USER = {"role": "user", "content": "What is Ferry, and who is it for?"}
HALF = [USER, {"role": "assistant", "content": "It is"}]
LONG = "The ferry carries work across the water. " * 12

COMMON = {"max_tokens": 12, "temperature": 0, "return_token_ids": True}
PLAIN = {"chat": {"messages": [USER], **COMMON}, "completions": {"prompt": USER["content"], **COMMON}}


def documented():
    """{field: {"chat": verdict, "completions": verdict}} of the table in docs/api.md."""
    page = (ROOT / "docs/api.md").read_text()
    section = page.split("## Fields of a request", 1)[1].split("\n## ", 1)[0]
    rows = {}
    for line in section.splitlines():
        if line.startswith("| `"):
            names, chat, completions = line.strip("| ").split(" | ")[:3]
            for name in re.findall(r"`(\w+)`", names):
                rows[name] = {"chat": chat, "completions": completions}
    return rows


def choice(answer):
    return answer["choices"][0]


def text(answer):
    return choice(answer)["message"]["content"] if "message" in choice(answer) else choice(answer)["text"]


def ids(answer):
    return choice(answer)["token_ids"]


def calls(answer):
    return choice(answer)["message"].get("tool_calls", [])


def prompt_ids(answer):
    return answer.get("prompt_token_ids") or choice(answer)["prompt_token_ids"]


def first_token(answer):
    logprobs = choice(answer)["logprobs"]
    return logprobs["content"][0]["token"] if "content" in logprobs else logprobs["tokens"][0]


def cached(answer):
    return answer["usage"]["prompt_tokens_details"]["cached_tokens"]


def changed(before, after):
    return ids(before) != ids(after)


@dataclass
class Effect:
    """A value of a field, and what must be different about the answer then."""

    value: Any  # or a function of the answer without it
    shows: Any  # (answer without the field, answer with it) -> bool
    base: dict = field(default_factory=dict)  # what else the requests have

    def of(self, before):
        return self.value(before) if callable(self.value) else self.value


TOOLS = [{"type": "function", "function": {"name": "f"}}]
THINKS = {"chat_template_kwargs": {"thinks": True}, "max_tokens": 30, "ignore_eos": True}
HOT = {"temperature": 1.5, "seed": 3}
REPEATS = {**HOT, "max_tokens": 120, "ignore_eos": True}
SLASHES = {"allowed_token_ids": [SLASH]}
ENDS_AT_ONCE = {"allowed_token_ids": [END, SLASH], "logit_bias": {str(END): 100}}
THREE = Effect(3, lambda before, after: len(ids(after)) == 3 < len(ids(before)), {"max_tokens": None})
TWICE = Effect(2, lambda before, after: len(after["choices"]) == 2)

WORDS = {"enum": ["boat", "ship"]}


def one_of(quote, value):
    return Effect(value, lambda before, after: text(after).strip() in [f"{quote}{word}{quote}" for word in WORDS["enum"]])


BOTH = {
    "temperature": Effect(2, changed, {"seed": 3}),
    "top_p": Effect(0.001, "greedy", HOT),
    "min_p": Effect(1, "greedy", HOT),
    "top_k": Effect(1, "greedy", HOT),
    "typical_p": Effect(0.001, changed, HOT),
    "frequency_penalty": Effect(2, changed, REPEATS),
    "presence_penalty": Effect(2, changed, REPEATS),
    "repetition_penalty": Effect(5, changed, REPEATS),
    "seed": Effect(4, changed, HOT),
    "logit_bias": Effect(
        lambda before: {str(ids(before)[0]): -100}, lambda before, after: ids(before)[0] != ids(after)[0]
    ),
    "bad_words": Effect(
        lambda before: [text(before).split()[0]], lambda before, after: text(before).split()[0] not in text(after).split()
    ),
    "allowed_token_ids": Effect([SLASH], lambda before, after: set(ids(after)) == {SLASH}),
    "max_tokens": THREE,
    "max_completion_tokens": THREE,
    "n_predict": THREE,
    "min_tokens": Effect(5, lambda before, after: len(ids(before)) == 1 and len(ids(after)) > 5, ENDS_AT_ONCE),
    "stop": Effect("//", lambda before, after: text(after) == "" and choice(after)["stop_reason"] == "//", SLASHES),
    "stop_token_ids": Effect(
        lambda before: [ids(before)[2]], lambda before, after: choice(after)["stop_reason"] == ids(before)[2]
    ),
    "include_stop_str_in_output": Effect(
        True, lambda before, after: text(before) == "" and text(after) == "//", {**SLASHES, "stop": "//"}
    ),
    "ignore_eos": Effect(True, lambda before, after: len(ids(before)) == 1 and len(ids(after)) == 12, ENDS_AT_ONCE),
    "response_format": one_of('"', {"type": "json_schema", "json_schema": {"name": "word", "schema": WORDS}}),
    "structured_outputs": one_of("", {"choice": WORDS["enum"]}),
    "guided_json": one_of('"', WORDS),
    "guided_regex": one_of("", "boat|ship"),
    "guided_choice": one_of("", WORDS["enum"]),
    "guided_grammar": one_of("", 'root ::= "boat" | "ship"'),
    "json_schema": one_of('"', WORDS),
    "regex": one_of("", "boat|ship"),
    "ebnf": one_of("", 'root ::= "boat" | "ship"'),
    "grammar": one_of("", 'root ::= "boat" | "ship"'),
    "format": one_of('"', WORDS),
    "n": TWICE,
    "n_cmpl": TWICE,
    "stream": Effect(True, lambda before, after: after["stream"].endswith("data: [DONE]\n\n")),
    "stream_options": Effect(
        {"include_usage": True},
        lambda before, after: '"total_tokens"' in after["stream"] and '"total_tokens"' not in before["stream"],
        {"stream": True},
    ),
    "prompt_logprobs": Effect(
        1, lambda before, after: "prompt_logprobs" in str(after) and "prompt_logprobs" not in str(before)
    ),
    "return_token_ids": Effect(
        True, lambda before, after: "token_ids" in choice(after) and "token_ids" not in choice(before), {"return_token_ids": None}
    ),
    "skip_special_tokens": Effect(
        False,
        lambda before, after: text(before) == "" and text(after).startswith("<|im_start|>"),
        {"allowed_token_ids": [BEGIN]},
    ),
    "truncate_prompt_tokens": Effect(3, lambda before, after: prompt_ids(after) == prompt_ids(before)[-3:]),
    "truncation_side": Effect(
        "right",
        lambda before, after: prompt_ids(after) != prompt_ids(before) and len(prompt_ids(after)) == 3,
        {"truncate_prompt_tokens": 3},
    ),
    "request_id": Effect("mine", lambda before, after: after["id"].endswith("-mine")),
}

EFFECTS = {
    "chat": {
        **BOTH,
        "echo": Effect(
            True,
            lambda before, after: text(after) == "It is" + text(before),
            {"messages": HALF, "continue_final_message": True},
        ),
        "logprobs": Effect(True, lambda before, after: len(choice(after)["logprobs"]["content"]) == 12),
        "top_logprobs": Effect(
            3, lambda before, after: len(choice(after)["logprobs"]["content"][0]["top_logprobs"]) == 3, {"logprobs": True}
        ),
        "return_tokens_as_token_ids": Effect(
            True, lambda before, after: first_token(after) == f"token_id:{ids(after)[0]}", {"logprobs": True}
        ),
        "return_prompt_text": Effect(True, lambda before, after: USER["content"] in after["prompt_text"]),
        "add_special_tokens": Effect(True, lambda before, after: prompt_ids(after) == [BEGIN, *prompt_ids(before)]),
        "add_generation_prompt": Effect(False, lambda before, after: len(prompt_ids(after)) < len(prompt_ids(before))),
        "continue_final_message": Effect(
            True, lambda before, after: after["prompt_text"].endswith("It is"), {"messages": HALF, "return_prompt_text": True}
        ),
        "chat_template_kwargs": Effect(
            {"mood": "calm"}, lambda before, after: "mood=calm" in after["prompt_text"], {"return_prompt_text": True}
        ),
        "documents": Effect(
            [{"text": "timetable"}], lambda before, after: "document=timetable" in after["prompt_text"], {"return_prompt_text": True}
        ),
        "reasoning_effort": Effect(
            "low", lambda before, after: "effort=low" in after["prompt_text"], {"return_prompt_text": True}
        ),
        "tools": Effect(TOOLS, lambda before, after: "tools=1" in after["prompt_text"], {"return_prompt_text": True}),
        "tool_choice": Effect("required", lambda before, after: calls(after) and not calls(before), {"tools": TOOLS, "max_tokens": 40}),
        "parallel_tool_calls": Effect(
            False,
            lambda before, after: len(calls(after)) == 1 < len(calls(before)),
            {"tools": TOOLS, "tool_choice": "required", "max_tokens": 120, "logit_bias": {str(END): -100}},
        ),
        "thinking_token_budget": Effect(2, lambda before, after: not text(before) and text(after), THINKS),
        "reasoning_budget_tokens": Effect(2, lambda before, after: not text(before) and text(after), THINKS),
        "include_reasoning": Effect(
            False, lambda before, after: "reasoning" in choice(before)["message"] and "reasoning" not in choice(after)["message"], THINKS
        ),
        "reasoning_format": Effect("none", lambda before, after: choice(before)["message"]["reasoning"] in text(after), THINKS),
        "cache_salt": Effect(
            "mine", lambda before, after: cached(before) > 0 == cached(after), {"messages": [{"role": "user", "content": LONG}]}
        ),
    },
    "completions": {
        **BOTH,
        "best_of": Effect(
            4,
            lambda before, after: len(after["choices"]) == 1 and after["usage"]["completion_tokens"] > 12,
            {"temperature": 1, "seed": 3, "ignore_eos": True},
        ),
        "echo": Effect(True, lambda before, after: text(after) == USER["content"] + text(before)),
        "logprobs": Effect(2, lambda before, after: len(choice(after)["logprobs"]["top_logprobs"][0]) == 2),
        "return_tokens_as_token_ids": Effect(
            True, lambda before, after: first_token(after) == f"token_id:{ids(after)[0]}", {"logprobs": 0}
        ),
        "add_special_tokens": Effect(False, lambda before, after: prompt_ids(before) == [BEGIN, *prompt_ids(after)]),
        "suffix": Effect(
            "/",
            lambda before, after: prompt_ids(after)
            == [BEGIN, GAP["<fim_prefix>"], *prompt_ids(before)[1:], GAP["<fim_suffix>"], SLASH, GAP["<fim_middle>"]],
        ),
        "cache_salt": Effect("mine", lambda before, after: cached(before) > 0 == cached(after), {"prompt": LONG}),
    },
}
# What every request has; `priority` has a test of its own.
ELSEWHERE = {"model", "messages", "prompt", "priority"}


def make_model(folder):
    """The bundled model, but its template shows what it is given, and its tokenizer adds a special token and has tokens
    for a gap."""
    source = ROOT / "models/pilot"
    for name in ("config.json", "generation_config.json", "tokenizer_config.json", "model.safetensors"):
        shutil.copy(source / name, folder)
    template = (source / "chat_template.jinja").read_text()
    shown = "mood={{ mood }} effort={{ reasoning_effort }} {% for d in documents or [] %}document={{ d.text }}{% endfor %}\n"
    shown = "{% if tools %}tools={{ tools | length }} {% endif %}{# <tool_call> </think> #}" + shown
    (folder / "chat_template.jinja").write_text(shown + template + "{% if thinks %}<think>{% endif %}")
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    processor = tokenizer["post_processor"]
    processor["single"].insert(0, {"SpecialToken": {"id": "<|im_start|>", "type_id": 0}})
    processor["special_tokens"]["<|im_start|>"] = {"id": "<|im_start|>", "ids": [BEGIN], "tokens": ["<|im_start|>"]}
    tokenizer["added_tokens"] += [{"id": id, "content": name, "special": True} for name, id in GAP.items()]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


class Fields(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(dir=WORK)
        cls.model = pathlib.Path(cls.folder.name) / "shows"
        cls.model.mkdir()
        make_model(cls.model)
        cls.server = Server(model=str(cls.model))
        cls.fields = documented()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def answer(self, api, body):
        status, _, answer = ask(self.server, "POST", ROUTES[api], {"model": "shows", **body})
        if body.get("stream") and status == 200:
            return {"stream": answer}
        return {"status": status, **json.loads(answer)}

    def of_verdict(self, *verdicts):
        for name, by_api in self.fields.items():
            for api, verdict in by_api.items():
                if verdict in verdicts and name not in ELSEWHERE:
                    yield api, name

    def test_what_is_honoured_shows(self):
        honoured = sorted(self.of_verdict("yes"))
        self.assertEqual(honoured, sorted((api, name) for api, effects in EFFECTS.items() for name in effects))
        greedy = {api: ids(self.answer(api, PLAIN[api])) for api in ROUTES}
        for api, name in honoured:
            with self.subTest(api=api, field=name):
                effect = EFFECTS[api][name]
                base = {**PLAIN[api], **effect.base}
                self.answer(api, base)  # so that what is cached does not make the difference
                before = self.answer(api, base)
                after = self.answer(api, {**base, name: effect.of(before)})
                self.assertEqual(after.get("status", 200), 200, after)
                if effect.shows == "greedy":
                    self.assertNotEqual(ids(before), greedy[api])
                    self.assertEqual(ids(after), greedy[api])
                else:
                    self.assertTrue(effect.shows(before, after), (before, after))

    def test_what_is_accepted_changes_nothing(self):
        plain = {api: self.answer(api, PLAIN[api]) for api in ROUTES}
        for api, name in self.of_verdict("accepted"):
            with self.subTest(api=api, field=name):
                after = self.answer(api, {**PLAIN[api], name: "something"})
                self.assertEqual(after["status"], 200, after)
                self.assertEqual(after["choices"], plain[api]["choices"])

    def test_what_is_not_honoured_is_refused_by_name(self):
        refused = list(self.of_verdict("no", "-"))
        self.assertGreater(len(refused), 100)
        for api, name in refused:
            with self.subTest(api=api, field=name):
                answer = self.answer(api, {**PLAIN[api], name: {"asks": "something"}})
                self.assertEqual(answer["status"], 400, answer)
                self.assertEqual(answer["error"]["param"], name)
                self.assertIn(name, answer["error"]["message"])

    def test_lower_priorities_go_first(self):
        body = {"model": "shows", "prompt": "Go", "max_tokens": 600, "ignore_eos": True}
        ended = []

        def send(name, **change):
            self.assertEqual(ask(server, "POST", "/v1/completions", {**body, **change})[0], 200)
            ended.append(name)

        with Server("--max-running", "1", model=str(self.model)) as server:
            plug = {"n": 8, "priority": -9}  # half a second or more
            threads = [threading.Thread(target=send, args=("plug",), kwargs=plug)]
            threads[0].start()
            for name, priority in (("last", 5), ("second", 0), ("first", -5)):
                time.sleep(0.1)
                threads.append(threading.Thread(target=send, args=(name,), kwargs={"priority": priority}))
                threads[-1].start()
            for thread in threads:
                thread.join()
        self.assertEqual(ended, ["plug", "first", "second", "last"])


if __name__ == "__main__":
    unittest.main()
