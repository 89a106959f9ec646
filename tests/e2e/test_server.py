"""What stands around the answers: metrics, tokens, refusals, request ids, CORS, the description of the routes."""

import http.client
import json
import socket
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from ferry import NAME, Server, run
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families


def ask(server, method, path, body=None, headers=None):
    """(status, headers with lower-case names, text)"""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    text = None if body is None else json.dumps(body)
    given = {} if body is None else {"Content-Type": "application/json"}
    connection.request(method, path, text, {**given, **(headers or {})})
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read().decode()
    connection.close()
    return answer


def samples(server):
    """Every sample of /metrics: (name, labels as a sorted tuple) -> value, as Prometheus's own parser reads it."""
    status, headers, text = ask(server, "GET", "/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4"), (status, headers)
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


ENGINE = (("engine", "0"), ("model_name", NAME))


def wait_for(server, **values):
    """The samples as soon as these of vLLM's have come to these values: a client hears of a token a moment before the
    engine has counted it. After some seconds, whatever they are."""
    deadline = time.monotonic() + 10
    while True:
        found = samples(server)
        reached = all(found[f"vllm:{name}", ENGINE] == value for name, value in values.items())
        if reached or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


REST = {"num_requests_running": 0, "num_requests_waiting": 0, "kv_cache_usage_perc": 0}


class Metrics(unittest.TestCase):
    def test_counts_are_vllms(self):
        """As vLLM's own test counts them: ten prompts of known length, ten tokens each."""
        requests, tokens = 10, 10
        with Server() as server:
            prompt = json.loads(ask(server, "POST", "/tokenize", {"prompt": "Hello my name is"})[2])["tokens"]
            for _ in range(requests):
                body = {"model": NAME, "prompt": prompt, "max_tokens": tokens, "ignore_eos": True}
                self.assertEqual(ask(server, "POST", "/v1/completions", body)[0], 200)
            found = wait_for(server, e2e_request_latency_seconds_count=requests, **REST)
        for name, value in {
            "vllm:time_to_first_token_seconds_count": requests,
            "vllm:inter_token_latency_seconds_count": requests * (tokens - 1),
            "vllm:e2e_request_latency_seconds_count": requests,
            "vllm:request_queue_time_seconds_count": requests,
            "vllm:request_inference_time_seconds_count": requests,
            "vllm:request_prefill_time_seconds_count": requests,
            "vllm:request_decode_time_seconds_count": requests,
            "vllm:request_num_preemptions_count": requests,
            "vllm:request_prompt_tokens_sum": requests * len(prompt),
            "vllm:request_prompt_tokens_count": requests,
            "vllm:request_generation_tokens_sum": requests * tokens,
            "vllm:request_generation_tokens_count": requests,
            "vllm:request_params_n_count": requests,
            "vllm:request_params_max_tokens_sum": requests * tokens,
            "vllm:request_params_max_tokens_count": requests,
            "vllm:iteration_tokens_total_sum": requests * (len(prompt) + tokens),
            "vllm:iteration_tokens_total_count": requests * tokens,
            "vllm:prompt_tokens_total": requests * len(prompt),
            "vllm:generation_tokens_total": requests * tokens,
            "vllm:num_requests_running": 0,
            "vllm:num_requests_waiting": 0,
            "vllm:kv_cache_usage_perc": 0,
        }.items():
            self.assertEqual(found[name, ENGINE], value, name)
        self.assertEqual(found["vllm:request_success_total", (*ENGINE[:1], ("finished_reason", "length"), *ENGINE[1:])], requests)
        served = (("handler", "/v1/completions"), ("method", "POST"), ("status", "2xx"))
        self.assertEqual(found["http_requests_total", served], requests)

    def test_a_client_that_leaves_gives_everything_back(self):
        with Server("--kernels", "reference") as server:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            body = {"model": NAME, "prompt": "The ferry", "max_tokens": 900, "stream": True, "ignore_eos": True}
            connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
            connection.getresponse().readline()
            busy = wait_for(server, num_requests_running=1)
            self.assertEqual(busy["vllm:num_requests_running", ENGINE], 1)
            self.assertGreater(busy["vllm:kv_cache_usage_perc", ENGINE], 0)
            connection.sock.close()
            connection.close()
            left = wait_for(server, **REST)
            self.assertEqual({name: left[f"vllm:{name}", ENGINE] for name in REST}, REST)
            aborted = (*ENGINE[:1], ("finished_reason", "abort"), *ENGINE[1:])
            self.assertEqual(left["vllm:request_success_total", aborted], 1)


class Around(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--cors-origins", "https://app.example")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def test_tokens_there_and_back(self):
        text = "Ferry carries work across: naïve café 😀"
        status, _, told = ask(self.server, "POST", "/tokenize", {"model": NAME, "prompt": text, "add_special_tokens": False, "return_token_strs": True})
        self.assertEqual(status, 200)
        tokens = json.loads(told)
        by_command = run("tokenize", NAME, "--no-special", text_in=text).stdout.decode().split()
        self.assertEqual([str(token) for token in tokens["tokens"]], by_command)
        self.assertEqual(tokens["count"], len(tokens["tokens"]))
        self.assertEqual(len(tokens["token_strs"]), tokens["count"])
        back = ask(self.server, "POST", "/detokenize", {"model": NAME, "tokens": tokens["tokens"]})
        self.assertEqual(json.loads(back[2]), {"prompt": text})

    def test_a_chat_has_the_tokens_that_its_answer_counts(self):
        messages = [{"role": "user", "content": "What is Ferry?"}]
        tokens = json.loads(ask(self.server, "POST", "/tokenize", {"messages": messages})[2])
        answer = json.loads(ask(self.server, "POST", "/v1/chat/completions", {"model": NAME, "messages": messages, "max_tokens": 1})[2])
        self.assertEqual(answer["usage"]["prompt_tokens"], tokens["count"])

    def test_a_prompt_that_does_not_fit_is_refused_with_the_numbers(self):
        longest = json.loads(ask(self.server, "GET", "/v1/models")[2])["data"][0]["max_model_len"]
        status, _, text = ask(self.server, "POST", "/v1/completions", {"model": NAME, "prompt": [5] * (longest + 7), "max_tokens": 1})
        error = json.loads(text)["error"]
        self.assertEqual((status, error["code"], error["param"]), (400, "context_length_exceeded", "prompt"))
        self.assertIn(str(longest + 7), error["message"])
        self.assertIn(str(longest), error["message"])

    def test_request_ids(self):
        self.assertEqual(ask(self.server, "GET", "/version", headers={"X-Request-Id": "mine-7"})[1]["x-request-id"], "mine-7")
        ids = {ask(self.server, "GET", "/version", headers={"X-Request-Id": given})[1]["x-request-id"] for given in ("a b", "x" * 129, "é")}
        self.assertEqual(len(ids), 3)
        for made in ids:
            self.assertRegex(made, r"^req-[0-9a-f]{32}$")

    def test_control_characters_never_come_back(self):
        for value in (b"a\x01b", b"a\x7fb", b"a\x1b[31mb", b"a\rb", b"a\x00b"):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
                connection.sendall(b"GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: " + value + b"\r\n\r\n")
                answer = b""
                while piece := connection.recv(4096):
                    answer += piece
            self.assertNotIn(value, answer)
            self.assertIn(b"x-request-id: req-", answer)

    def test_cors(self):
        page = {"Origin": "https://app.example"}
        wish = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        status, headers, _ = ask(self.server, "OPTIONS", "/v1/chat/completions", headers={**page, **wish})
        self.assertEqual((status, headers["access-control-allow-origin"]), (204, page["Origin"]))
        self.assertEqual(ask(self.server, "GET", "/health", headers=page)[1]["access-control-allow-origin"], page["Origin"])
        other = ask(self.server, "GET", "/health", headers={"Origin": "https://evil.example"})
        self.assertNotIn("access-control-allow-origin", other[1])

    def test_the_description_is_valid_and_true(self):
        description = json.loads(ask(self.server, "GET", "/openapi.json")[2])
        validate(description)
        for path, operations in description["paths"].items():
            real = path.replace("{model}", NAME)
            for method in operations:
                body = {} if method == "post" else None
                self.assertIn(ask(self.server, method.upper(), real, body)[0], (200, 400), path)
            self.assertEqual(ask(self.server, "DELETE", real)[0], 405, path)

    def test_health_is_quick_and_true(self):
        for _ in range(3):
            began = time.monotonic()
            status, _, text = ask(self.server, "GET", "/health")
            self.assertEqual((status, json.loads(text)), (200, {"status": "ok"}))
            self.assertLess(time.monotonic() - began, 5)
            time.sleep(1.1)  # so that the engine is asked, and not its last step looked at


class FullQueue(unittest.TestCase):
    def test_more_than_the_queue_holds_is_429(self):
        with Server("--kernels", "reference", "--max-running", "1", "--max-waiting", "1") as server:
            body = {"model": NAME, "prompt": "The ferry", "max_tokens": 150, "ignore_eos": True}
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: ask(server, "POST", "/v1/completions", body), range(8)))
            self.assertEqual({status for status, _, _ in answers}, {200, 429})
            for status, headers, text in answers:
                if status == 429:
                    self.assertRegex(headers["retry-after"], r"^[1-9]\d?$")
                    self.assertEqual(json.loads(text)["error"]["type"], "rate_limit_error")
            # More than it could ever hold is the request's own fault.
            status, _, text = ask(server, "POST", "/v1/completions", {**body, "n": 3})
            self.assertEqual((status, json.loads(text)["error"]["param"]), (400, "n"))

    def test_retry_after_says_how_long_the_queue_takes(self):
        answer = {"model": NAME, "prompt": "Go", "max_tokens": 900, "ignore_eos": True}
        with Server("--max-running", "1", "--max-waiting", "15") as server, ThreadPoolExecutor(1) as pool:
            self.assertEqual(ask(server, "POST", "/v1/completions", answer)[0], 200)  # what one takes
            full = pool.submit(ask, server, "POST", "/v1/completions", {**answer, "prompt": ["Go"] * 16})
            wait_for(server, num_requests_running=1, num_requests_waiting=15)
            began = time.monotonic()
            status, headers, _ = ask(server, "POST", "/v1/completions", answer)
            self.assertEqual(full.result()[0], 200)
            took = time.monotonic() - began
        self.assertEqual(status, 429)
        said = int(headers["retry-after"])
        self.assertGreater(said, took / 3)
        self.assertLess(said, took * 3 + 1)


if __name__ == "__main__":
    unittest.main()
