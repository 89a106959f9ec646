"""OpenAI's Python client against a started server."""

import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import openai
from ferry import NAME, Server

KEY = "sk-e2e"
MESSAGES = [{"role": "user", "content": "What is Ferry?"}]


class OpenAiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(env={"FERRY_API_KEY": f"{KEY},sk-other"})
        cls.client = openai.OpenAI(base_url=f"{cls.server.url}/v1", api_key=KEY, max_retries=0, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.__exit__()

    def chat(self, **change):
        options = {"model": NAME, "messages": MESSAGES, "max_tokens": 16, "temperature": 0, **change}
        return self.client.chat.completions.create(**options)

    def complete(self, **change):
        options = {"model": NAME, "prompt": "The ferry", "max_tokens": 8, "temperature": 0, **change}
        return self.client.completions.create(**options)

    def test_models(self):
        self.assertEqual([model.id for model in self.client.models.list()], [NAME])
        self.assertEqual(self.client.models.retrieve(NAME).owned_by, "ferry")
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("nobody")

    def test_chat(self):
        answer = self.chat()
        self.assertTrue(answer.id.startswith("chatcmpl-"))
        self.assertAlmostEqual(answer.created, time.time(), delta=60)
        self.assertEqual(answer.model, NAME)
        self.assertEqual(answer.choices[0].message.role, "assistant")
        self.assertTrue(answer.choices[0].message.content)
        self.assertIn(answer.choices[0].finish_reason, ("stop", "length"))
        self.assertLessEqual(answer.usage.completion_tokens, 16)
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)

    def test_a_longer_conversation_counts_more_prompt_tokens(self):
        longer = MESSAGES + [{"role": "assistant", "content": "A server."}, {"role": "user", "content": "And?"}]
        self.assertGreater(self.chat(messages=longer).usage.prompt_tokens, self.chat().usage.prompt_tokens)

    def test_content_parts_are_text(self):
        parts = [{"role": "user", "content": [{"type": "text", "text": MESSAGES[0]["content"]}]}]
        self.assertEqual(self.chat(messages=parts).usage.prompt_tokens, self.chat().usage.prompt_tokens)

    def test_stream_gives_the_same_text_and_usage(self):
        whole = self.chat(max_tokens=32)
        text, finish, usage, roles = "", None, None, []
        for chunk in self.chat(max_tokens=32, stream=True, stream_options={"include_usage": True}):
            self.assertEqual(chunk.object, "chat.completion.chunk")
            if chunk.usage:
                usage = chunk.usage
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
                roles += [choice.delta.role] if choice.delta.role else []
        self.assertEqual(text, whole.choices[0].message.content)
        self.assertEqual(finish, whole.choices[0].finish_reason)
        self.assertEqual(usage.completion_tokens, whole.usage.completion_tokens)
        self.assertEqual(roles, ["assistant"])

    def test_logprobs(self):
        choice = self.chat(logprobs=True, top_logprobs=3, max_tokens=6).choices[0]
        tokens = choice.logprobs.content
        self.assertLessEqual(len(tokens), 6)
        for token in tokens:
            self.assertLessEqual(token.logprob, 0)
            self.assertEqual(len(token.top_logprobs), 3)
            self.assertEqual(token.top_logprobs[0].token, token.token)  # greedy took the likeliest
            self.assertEqual(token.top_logprobs, sorted(token.top_logprobs, key=lambda t: -t.logprob))
        spelled = b"".join(bytes(token.bytes) for token in tokens).decode("utf-8", "replace")
        self.assertTrue(spelled.startswith(choice.message.content.rstrip("\ufffd")))

    def test_max_tokens_cuts_the_answer(self):
        answer = self.chat(max_tokens=3, extra_body={"ignore_eos": True})
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 3)

    def test_stop_string_is_not_part_of_the_answer(self):
        free = self.complete(max_tokens=24, extra_body={"ignore_eos": True}).choices[0].text
        stop = free[len(free) // 2 : len(free) // 2 + 3]
        stopped = self.complete(max_tokens=24, stop=[stop], extra_body={"ignore_eos": True}).choices[0]
        self.assertEqual(stopped.finish_reason, "stop")
        self.assertEqual(stopped.text, free[: free.index(stop)])

    def test_seed_repeats_and_seeds_differ(self):
        def ask(seed):
            return self.complete(temperature=1.5, seed=seed, max_tokens=24, extra_body={"ignore_eos": True}).choices[0].text

        self.assertEqual(ask(7), ask(7))
        self.assertGreater(len({ask(seed) for seed in range(5)}), 1)

    def test_completions(self):
        answer = self.complete()
        self.assertTrue(answer.id.startswith("cmpl-"))
        self.assertEqual(answer.object, "text_completion")
        text = "".join(chunk.choices[0].text for chunk in self.complete(stream=True) if chunk.choices)
        self.assertEqual(text, answer.choices[0].text)

    def test_several_prompts_are_several_choices(self):
        both = self.complete(prompt=["The ferry", "A river"])
        self.assertEqual([choice.index for choice in both.choices], [0, 1])
        self.assertEqual(both.choices[0].text, self.complete().choices[0].text)
        self.assertEqual(both.choices[1].text, self.complete(prompt="A river").choices[0].text)

    def test_choices(self):
        # Nothing that the model has learned an answer to: it would be the same three times.
        strange = {"messages": [{"role": "user", "content": "grumble thunder plum seventeen"}]}
        ask = {"n": 3, "temperature": 2, "seed": 4, "max_tokens": 12, "extra_body": {"ignore_eos": True}, **strange}
        answer = self.chat(**ask)
        texts = [choice.message.content for choice in answer.choices]
        self.assertEqual([choice.index for choice in answer.choices], [0, 1, 2])
        self.assertGreater(len(set(texts)), 1)
        self.assertEqual(answer.usage.completion_tokens, 36)
        self.assertEqual(answer.usage.prompt_tokens, self.chat(**strange).usage.prompt_tokens)
        streamed = ["", "", ""]
        for chunk in self.chat(**ask, stream=True):
            for choice in chunk.choices:
                streamed[choice.index] += choice.delta.content or ""
        self.assertEqual(streamed, texts)

    def test_best_of(self):
        ask = {"temperature": 1.5, "seed": 4, "max_tokens": 12, "logprobs": 0, "extra_body": {"ignore_eos": True}}
        all_of_them = self.complete(n=4, **ask).choices
        means = {choice.text: sum(choice.logprobs.token_logprobs) / 12 for choice in all_of_them}
        best = self.complete(best_of=4, **ask).choices
        self.assertEqual([choice.text for choice in best], [max(means, key=means.get)])

    def test_echo_with_logprobs_scores_the_prompt(self):
        text = "The ferry crosses the river."
        choice = self.complete(prompt=text, echo=True, logprobs=2, max_tokens=3).choices[0]
        self.assertTrue(choice.text.startswith(text))
        logprobs = choice.logprobs
        self.assertIsNone(logprobs.token_logprobs[0])
        self.assertIsNone(logprobs.top_logprobs[0])
        self.assertTrue(all(value <= 0 for value in logprobs.token_logprobs[1:]))
        self.assertEqual(len(logprobs.tokens), len(logprobs.token_logprobs))
        # What lm-eval asks for: token ids, a single token, echo. And nothing at all.
        ids = self.complete(prompt=text, max_tokens=1, extra_body={"return_token_ids": True}).choices[0]
        ids = ids.model_extra["prompt_token_ids"]
        for most in (1, 0):
            again = self.complete(prompt=[ids], echo=True, logprobs=1, max_tokens=most).choices[0].logprobs
            self.assertEqual(again.token_logprobs[: len(ids)], logprobs.token_logprobs[: len(ids)])
            self.assertEqual(len(again.tokens), len(ids) + most)

    def test_prompt_logprobs(self):
        answer = self.complete(extra_body={"prompt_logprobs": 1, "return_token_ids": True}).choices[0]
        scores, ids = answer.model_extra["prompt_logprobs"], answer.model_extra["prompt_token_ids"]
        self.assertIsNone(scores[0])
        for score, token in zip(scores[1:], ids[1:], strict=True):
            self.assertIn(str(token), score)
            self.assertEqual(set(score[str(token)]), {"logprob", "rank", "decoded_token"})
            self.assertEqual(min(entry["rank"] for entry in score.values()), 1)
        chat = self.chat(extra_body={"prompt_logprobs": 0, "return_prompt_text": True})
        self.assertEqual(len(chat.model_extra["prompt_logprobs"]), chat.usage.prompt_tokens)
        self.assertIn(MESSAGES[0]["content"], chat.model_extra["prompt_text"])

    def test_token_ids_go_both_ways(self):
        first = self.complete(max_tokens=6, logprobs=0, extra_body={"return_token_ids": True, "ignore_eos": True}).choices[0]
        ids = first.model_extra["token_ids"]
        self.assertEqual(len(ids), 6)
        again = self.complete(prompt=first.model_extra["prompt_token_ids"] + ids[:3], max_tokens=3,
                              extra_body={"return_token_ids": True, "ignore_eos": True}).choices[0]
        self.assertEqual(again.model_extra["token_ids"], ids[3:])
        named = self.complete(max_tokens=6, logprobs=0,
                              extra_body={"return_tokens_as_token_ids": True, "ignore_eos": True}).choices[0]
        self.assertEqual(named.logprobs.tokens, [f"token_id:{i}" for i in ids])
        streamed, prompt = [], None
        for chunk in self.chat(stream=True, extra_body={"return_token_ids": True}):
            prompt = prompt or chunk.model_extra.get("prompt_token_ids")
            for choice in chunk.choices:
                streamed += choice.model_extra.get("token_ids") or []
        whole = self.chat(extra_body={"return_token_ids": True})
        self.assertEqual(streamed, whole.choices[0].model_extra["token_ids"])
        self.assertEqual(prompt, whole.model_extra["prompt_token_ids"])
        self.assertEqual(len(prompt), whole.usage.prompt_tokens)

    def test_what_stopped_it_is_told(self):
        options = {"max_tokens": 24, "extra_body": {"ignore_eos": True, "return_token_ids": True}}
        free = self.complete(**options).choices[0]
        self.assertIsNone(free.model_extra["stop_reason"])
        stop = free.text[8:11]
        stopped = self.complete(stop=["\x01", stop], **options).choices[0]
        self.assertEqual(stopped.model_extra["stop_reason"], stop)
        options["extra_body"]["include_stop_str_in_output"] = True
        self.assertEqual(self.complete(stop=[stop], **options).choices[0].text, stopped.text + stop)
        token = free.model_extra["token_ids"][5]
        options["extra_body"] = {"ignore_eos": True, "stop_token_ids": [token]}
        self.assertEqual(self.complete(**options).choices[0].model_extra["stop_reason"], token)

    def test_bad_words_never_come(self):
        free = self.complete(max_tokens=24, extra_body={"ignore_eos": True}).choices[0].text
        word = free.split()[0]
        changed = self.complete(max_tokens=24, extra_body={"ignore_eos": True, "bad_words": [word]}).choices[0].text
        self.assertNotEqual(changed.split()[0], word)

    def test_an_answer_goes_on_where_the_last_message_ends(self):
        begun = MESSAGES + [{"role": "assistant", "content": "Ferry is"}]
        extra = {"continue_final_message": True, "add_generation_prompt": False, "echo": True, "return_prompt_text": True}
        answer = self.chat(messages=begun, extra_body=extra)
        self.assertTrue(answer.choices[0].message.content.startswith("Ferry is"))
        self.assertTrue(answer.model_extra["prompt_text"].endswith("Ferry is"))

    def test_the_clients_name_for_a_request_is_in_its_id(self):
        self.assertEqual(self.chat(extra_body={"request_id": "mine-7"}).id, "chatcmpl-mine-7")

    def test_errors_are_the_clients_exceptions(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.chat(model="nobody")
        self.assertEqual((caught.exception.status_code, caught.exception.code), (404, "model_not_found"))
        for param, value in {"temperature": 3, "top_p": -1, "max_tokens": 0, "n": 0}.items():
            with self.assertRaises(openai.BadRequestError, msg=param) as caught:
                self.chat(**{param: value})
            self.assertEqual(caught.exception.param, param)
        with self.assertRaises(openai.BadRequestError) as caught:
            self.chat(messages=[])
        self.assertEqual(caught.exception.param, "messages")
        self.assertTrue(caught.exception.request_id)

    def test_a_prompt_beyond_the_context_is_refused_with_the_numbers(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            self.complete(prompt="word " * 20000)
        self.assertEqual(caught.exception.code, "context_length_exceeded")
        self.assertRegex(str(caught.exception), r"\d{3,}")

    def test_keys(self):
        other = openai.OpenAI(base_url=f"{self.server.url}/v1", api_key="sk-other", max_retries=0)
        self.assertTrue(other.models.list().data)
        wrong = openai.OpenAI(base_url=f"{self.server.url}/v1", api_key="sk-wrong", max_retries=0)
        with self.assertRaises(openai.AuthenticationError) as caught:
            wrong.models.list()
        self.assertEqual(caught.exception.code, "invalid_api_key")

    def test_concurrent_requests_get_the_answers_they_get_alone(self):
        def ask(i):
            return self.complete(prompt=f"Number {i} of", max_tokens=16).choices[0].text

        alone = [ask(i) for i in range(16)]
        with ThreadPoolExecutor(16) as pool:
            self.assertEqual(list(pool.map(ask, range(16))), alone)

    def test_a_stream_that_is_closed_is_cancelled(self):
        stream = self.chat(stream=True, max_tokens=200, extra_body={"ignore_eos": True})
        next(iter(stream))
        stream.close()
        self.assertTrue(self.chat(max_tokens=2).choices)
        for _ in range(100):
            ends = [line["status"] for line in self.server.log() if line.get("path") == "/v1/chat/completions"]
            if 499 in ends or ends.count(200) == len(ends):
                break
            time.sleep(0.05)
        self.assertIn(499, ends)

    def test_async_client(self):
        import asyncio

        async def talk():
            async with openai.AsyncOpenAI(base_url=f"{self.server.url}/v1", api_key=KEY) as client:
                stream = await client.chat.completions.create(
                    model=NAME, messages=MESSAGES, max_tokens=16, temperature=0, stream=True
                )
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        self.assertEqual(asyncio.run(talk()), self.chat().choices[0].message.content)

    def test_other_clients_do_not_wait_for_a_slow_reader(self):
        slow = self.chat(stream=True, max_tokens=200, extra_body={"ignore_eos": True})
        next(iter(slow))
        answered = threading.Event()
        threading.Thread(target=lambda: self.chat(max_tokens=2) and answered.set()).start()
        self.assertTrue(answered.wait(30))
        slow.close()


if __name__ == "__main__":
    unittest.main()
