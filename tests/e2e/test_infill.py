"""Fill-in-the-middle, with OpenAI's Python client: the bundled model, some of whose tokens here are those for a gap."""

import json
import pathlib
import shutil
import tempfile
import unittest

import openai
from ferry import NAME, ROOT, WORK, Server
from test_server import ask

GAP = {"<fim_prefix>": 2044, "<fim_suffix>": 2045, "<fim_middle>": 2046, "<fim_pad>": 2047}
BEFORE, AFTER = "def add(a, b):\n    ", "\n\nprint(add(1, 2))\n"
SHOWN = f"<fim_prefix>{BEFORE}<fim_suffix>{AFTER}<fim_middle>"


def make_model(folder):
    source = pathlib.Path(ROOT) / "models/pilot"
    folder.mkdir()
    for name in ("config.json", "generation_config.json", "tokenizer_config.json", "model.safetensors"):
        shutil.copy(source / name, folder)
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    tokenizer["added_tokens"] += [{"id": id, "content": name, "special": True} for name, id in GAP.items()]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


class InfillTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(dir=WORK)
        model = pathlib.Path(cls.folder.name) / "gaps"
        make_model(model)
        cls.server = Server(model=[str(model), "pilot"])
        cls.client = openai.OpenAI(base_url=f"{cls.server.url}/v1", api_key="none", max_retries=0, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.__exit__()
        cls.folder.cleanup()

    def fill(self, prompt=BEFORE, suffix=AFTER, **change):
        options = {"model": "gaps", "max_tokens": 12, "temperature": 0, **change}
        return self.client.completions.create(prompt=prompt, suffix=suffix, **options)

    def test_the_model_sees_the_gap(self):
        answer = self.fill(extra_body={"return_token_ids": True}).choices[0]
        # As text the prompt is not that: what users write never becomes such a token.
        self.assertEqual(answer.prompt_token_ids[0], GAP["<fim_prefix>"])
        self.assertEqual(answer.prompt_token_ids[-1], GAP["<fim_middle>"])
        written = self.client.completions.create(
            model="gaps", prompt=SHOWN, max_tokens=1, extra_body={"return_token_ids": True}
        ).choices[0]
        self.assertGreater(len(written.prompt_token_ids), 3)
        by_ids = self.client.completions.create(model="gaps", prompt=answer.prompt_token_ids, max_tokens=12, temperature=0)
        self.assertEqual(by_ids.choices[0].text, answer.text)

    def test_texts_of_tokens_stay_text(self):
        answer = self.fill("<fim_middle>", "<fim_pad>", extra_body={"return_token_ids": True})
        ids = answer.choices[0].prompt_token_ids
        self.assertEqual([id for id in ids if id in GAP.values()], [GAP[f"<fim_{part}>"] for part in ("prefix", "suffix", "middle")])

    def test_a_stream_says_the_same(self):
        options = {"temperature": 1, "seed": 7, "n": 2, "logprobs": 1}
        whole = self.fill(**options)
        texts = ["", ""]
        for chunk in self.fill(stream=True, **options):
            for choice in chunk.choices:
                texts[choice.index] += choice.text
        self.assertEqual(texts, [choice.text for choice in whole.choices])
        self.assertNotEqual(*texts)
        for choice in whole.choices:
            self.assertEqual("".join(choice.logprobs.tokens), choice.text)

    def test_echo_stop_and_structured_output(self):
        echo = self.fill(echo=True, logprobs=0).choices[0]
        self.assertTrue(echo.text.startswith(BEFORE))
        self.assertNotIn("print(add", echo.text[: len(BEFORE)])
        self.assertEqual("".join(echo.logprobs.tokens), echo.text)
        self.assertEqual(echo.logprobs.text_offset[0], 0)
        plain = self.fill().choices[0].text
        self.assertEqual(self.fill(stop=[plain[3:5]]).choices[0].text, plain[: plain.index(plain[3:5])])
        self.assertRegex(self.fill(extra_body={"guided_regex": "return [a-z]"}).choices[0].text, "^return [a-z]$")

    def test_a_token_of_the_gap_ends_the_middle(self):
        pad = {"logit_bias": {GAP["<fim_pad>"]: 100}}
        answer = self.fill(**pad).choices[0]
        self.assertEqual((answer.text, answer.finish_reason), ("", "stop"))
        self.assertEqual(self.fill(**pad, extra_body={"ignore_eos": True}).choices[0].finish_reason, "length")

    def test_what_does_not_fit_is_cut_only_when_asked_for(self):
        long = "x = 1\n" * 2000
        with self.assertRaises(openai.BadRequestError) as refused:
            self.fill(prompt=long)
        self.assertEqual(refused.exception.code, "context_length_exceeded")
        cut = self.fill(prompt=long, extra_body={"truncate_prompt_tokens": -1, "return_token_ids": True}).choices[0]
        self.assertEqual(cut.prompt_token_ids[0], GAP["<fim_prefix>"])
        self.assertEqual(cut.prompt_token_ids[-1], GAP["<fim_middle>"])
        self.assertEqual(self.client.models.retrieve("gaps").model_extra["max_model_len"], len(cut.prompt_token_ids) + 12)

    def test_models_without_the_tokens_are_named(self):
        with self.assertRaises(openai.BadRequestError) as refused:
            self.fill(model=NAME)
        self.assertEqual(refused.exception.param, "suffix")
        self.assertIn("prefix, suffix and middle", refused.exception.message)
        # An empty one asks for nothing.
        self.assertEqual(self.fill(model=NAME, suffix="").usage.prompt_tokens > 0, True)

    def infill(self, **change):
        body = {"model": "gaps", "input_prefix": BEFORE, "input_suffix": AFTER, "n_predict": 12, "temperature": 0, **change}
        status, _, answer = ask(self.server, "POST", "/infill", body)
        self.assertEqual(status, 200, answer)
        return answer if change.get("stream") else json.loads(answer)

    def test_llama_cpps_way_says_the_same(self):
        wanted = self.fill(extra_body={"ignore_eos": True}).choices[0].text
        answer = self.infill(ignore_eos=True)
        self.assertEqual((answer["content"], answer["prompt"]), (wanted, SHOWN))
        self.assertEqual((answer["stop"], answer["stop_type"], answer["tokens_predicted"]), (True, "limit", 12))
        self.assertEqual(answer["tokens_evaluated"], self.fill().usage.prompt_tokens)
        cut = BEFORE.index("\n") + 1
        self.assertEqual(self.infill(input_prefix=BEFORE[:cut], prompt=BEFORE[cut:], ignore_eos=True)["content"], wanted)
        events = [json.loads(event.removeprefix("data: ")) for event in self.infill(stream=True, ignore_eos=True).strip().split("\n\n")]
        self.assertEqual("".join(event["content"] for event in events), wanted)
        self.assertEqual([event["stop"] for event in events].index(True), len(events) - 1)

    def test_other_files_of_the_repository(self):
        answer = self.infill(input_extra=[{"filename": "a.py", "text": "x = 1\n"}])
        self.assertEqual(answer["prompt"], f"\n\n--- a.py ---\n\nx = 1\n{SHOWN}")
        # The first go where there is no room.
        files = [{"filename": f"{i}.py", "text": "x = 1\n" * 100} for i in range(20)]
        cut = self.infill(input_extra=files)
        self.assertTrue(cut["prompt"].endswith(SHOWN))
        self.assertIn("--- 19.py ---", cut["prompt"])
        self.assertNotIn("--- 0.py ---", cut["prompt"])

    def test_an_editors_request(self):
        editor = {
            "id_slot": 0,
            "input_prefix": BEFORE * 20,
            "prompt": "",
            "input_extra": [],
            "n_indent": 4,
            "top_k": 40,
            "top_p": 0.9,
            "samplers": ["top_k", "top_p", "infill"],
            "cache_prompt": True,
            "t_max_prompt_ms": 500,
            "response_fields": ["content", "timings/prompt_n", "truncated", "tokens_cached"],
        }
        self.infill(**editor, n_predict=0)
        answer = self.infill(**editor, n_predict=64, seed=3)
        self.assertEqual(sorted(answer), ["content", "tokens_cached", "truncated"])
        self.assertGreater(answer["tokens_cached"], 0)
        # Two lines, whatever it would say: the second leaves the block.
        lines = self.infill(guided_regex="a\\nb\\nc", n_indent=1)
        self.assertEqual(lines["content"], "a\n")
        self.assertEqual(self.infill(guided_regex="a\\n b\\nc", n_indent=1)["content"], "a\n b\n")


if __name__ == "__main__":
    unittest.main()
