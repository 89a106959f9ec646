"""What can be seen of a gateway: metrics as Prometheus reads them, traces as a collector does, `ferry top`."""

import base64
import json
import pathlib
import re
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
from ferry import Mock, Server, run
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from prometheus_client.parser import text_string_to_metric_families
from test_terminal import Terminal

CONFIG = """
providers:
  mock: {{dialect: openai, url: {url}/v1, region: us, allow_private: true}}
prices:
  mock/m: {{input: 2, output: 8}}
labels:
  private: {{stay_local: true}}
  support: {{}}
detectors:
  found: {{iban: private}}
routes:
  rented: {{targets: mock/m}}
  own: {{targets: local/pilot}}
  shaky:
    targets: "mock/m?fault=status_500"
    fallbacks: [mock/m]
  broken: {{targets: "mock/m?fault=status_500", retries: 0}}
"""
SECRET = "the mast is made of ash"
HELLO = [{"role": "user", "content": SECRET}]
IBAN = [{"role": "user", "content": "Please pay 20 EUR to DE89 3704 0044 0532 0130 00"}]


class Collector:
    """An OpenTelemetry collector's /v1/traces: the first request finds it busy."""

    def __init__(self):
        self.bodies, self.headers, self.asked = [], [], 0
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.asked += 1
                busy = collector.asked == 1
                if not busy and self.path == "/v1/traces":
                    collector.bodies.append(body)
                    collector.headers.append(self.headers)
                self.send_response(503 if busy else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def spans(self):
        """All spans, read by OpenTelemetry's own definition of them."""
        return [span for body in list(self.bodies) for resource in request_of(body).resource_spans
                for scope in resource.scope_spans for span in scope.spans]

    def wait_for(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = [span for span in self.spans() if condition(span)]
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError("the span did not arrive")


def request_of(body):
    """OTLP writes ids in hexadecimal, protobuf's own JSON in base64; nothing else differs."""
    document = json.loads(body)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return json_format.ParseDict(document, ExportTraceServiceRequest())


def attributes(span):
    values = {}
    for attribute in span.attributes:
        kind = attribute.value.WhichOneof("value")
        value = getattr(attribute.value, kind)
        values[attribute.key] = [v.string_value for v in value.values] if kind == "array_value" else value
    return values


class ObservabilityTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.env = {"FERRY_HOME": cls.folder.name}
        cls.mock = Mock("--record", "1000", "--record-bodies", "--latency", "2ms", "--token-latency", "0ms")
        cls.mock.__enter__()
        cls.collector = Collector()
        cls.file = pathlib.Path(cls.folder.name) / "ferry.yaml"
        cls.file.write_text(CONFIG.format(url=cls.mock.url))
        cls.keys = {}
        for role in ("user", "admin"):
            made = run("key", "create", "--name", role, "--role", role, "--json", env=cls.env)
            cls.keys[role] = json.loads(made.stdout)
        cls.server = Server("--config", str(cls.file), model="pilot", env={
            **cls.env, "OTEL_EXPORTER_OTLP_ENDPOINT": cls.collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20collector", "OTEL_SERVICE_NAME": "door"})
        cls.client = openai.OpenAI(base_url=f"{cls.server.url}/v1", api_key=cls.keys["user"]["secret"], max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.mock.__exit__()
        cls.collector.stop()
        cls.folder.cleanup()

    def ask(self, route, messages=HELLO, **more):
        return self.client.chat.completions.create(model=route, messages=messages, max_tokens=20, **more)

    def metrics(self, role="admin"):
        request = urllib.request.Request(
            f"{self.server.url}/metrics", headers={"Authorization": f"Bearer {self.keys[role]['secret']}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return [sample for family in text_string_to_metric_families(answer.read().decode())
                    for sample in family.samples]

    def total(self, name, samples=None, **labels):
        return sum(sample.value for sample in (samples or self.metrics())
                   if sample.name == f"ferry_gateway_{name}" and labels.items() <= sample.labels.items())

    def test_metrics_count_what_happened(self):
        before = self.metrics()
        for _ in range(3):
            self.ask("rented")
        list(self.ask("rented", stream=True, stream_options={"include_usage": True}))
        self.ask("shaky")
        self.ask("own")
        for route, messages, error in (("broken", HELLO, openai.InternalServerError),
                                       ("no such route", HELLO, openai.NotFoundError),
                                       ("rented", IBAN, openai.BadRequestError)):
            with self.assertRaises(error):
                self.ask(route, messages)
        after = self.metrics()

        def grown(name, **labels):
            return self.total(name, after, **labels) - self.total(name, before, **labels)

        self.assertEqual(grown("requests_total", route="rented", fate="ok", status="200"), 4)
        self.assertEqual(grown("requests_total", route="rented", fate="blocked"), 1)
        self.assertEqual(grown("requests_total", route="shaky", fate="ok"), 1)
        self.assertEqual(grown("requests_total", route="broken"), 1)
        self.assertEqual(grown("requests_total", route="none", status="404"), 1)
        self.assertEqual(self.total("requests_in_flight", after), 0)
        self.assertEqual(grown("blocked_total", label="private"), 1)
        self.assertEqual(grown("attempts_total", target="mock/m", fate="ok"), 5)
        self.assertGreaterEqual(grown("attempts_total", target="mock/m?fault=status_500", fate="failed"), 2)
        self.assertEqual(grown("retries_total", route="shaky", target="mock/m", fate="ok"), 1)
        self.assertEqual(grown("request_duration_seconds_count", route="rented"), 4)
        self.assertGreaterEqual(grown("request_duration_seconds_sum", route="rented"), 4 * 0.002)
        self.assertGreater(grown("completion_tokens_total", route="own", target="local/pilot"), 0)
        self.assertEqual(grown("key_requests_total", key=self.keys["user"]["id"]), 9)
        self.assertGreater(grown("cost_total", route="rented"), 0)
        self.assertAlmostEqual(grown("key_cost_total", key=self.keys["user"]["id"]), grown("cost_total"), places=9)
        self.assertEqual(grown("record_lost_outcomes_total"), 0)

    def test_the_record_and_the_metrics_agree(self):
        for _ in range(5):
            self.ask("rented")
        counted = self.total("cost_total")
        end = time.monotonic() + 20  # the journal is carried over into the database in groups
        recorded = None
        while recorded != round(counted * 1e9) and time.monotonic() < end:
            report = run("report", "traffic", "--json", env=self.env)
            self.assertEqual(report.returncode, 0, report.stderr)
            recorded = sum(row["cost"] for row in json.loads(report.stdout))
        self.assertEqual(recorded, round(counted * 1e9), "in billionths")

    def test_an_application_does_not_see_others(self):
        self.ask("rented")
        self.assertFalse([s for s in self.metrics("user") if s.name.startswith("ferry_gateway_")])
        top = run("top", "--once", "--url", self.server.url, "--key", self.keys["user"]["secret"])
        self.assertEqual(top.returncode, 1)
        self.assertIn(b"not an admin's", top.stderr)

    def test_top_prints_a_table(self):
        self.ask("rented")
        top = run("top", "--once", "--interval", "0.2", "--url", self.server.url,
                  env={"FERRY_API_KEY": self.keys["admin"]["secret"]})
        self.assertEqual(top.returncode, 0, top.stderr)
        lines = top.stdout.decode().splitlines()
        self.assertTrue(all(len(line) <= 80 for line in lines), lines)
        self.assertRegex(lines[0], r"^ferry top  \d+ req/s")
        for start in ("ROUTE ", "rented ", "TARGET ", "mock/m ", "KEY ", self.keys["user"]["id"][:8]):
            self.assertTrue(any(line.startswith(start) for line in lines), f"{start!r} in {lines}")

    def test_top_on_a_terminal(self):
        self.ask("rented")
        with Terminal("top", "--interval", "0.1", "--url", self.server.url, "--key",
                      self.keys["admin"]["secret"], columns=80) as terminal:
            terminal.expect(r"rented +0 ")
            for _ in range(5):
                self.ask("rented")
            terminal.expect(r"rented +0 +\d*[1-9.]")
            terminal.send("q")
            self.assertEqual(terminal.wait(), 0)

    def test_traces_continue_the_client_s(self):
        trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
        self.ask("shaky", extra_headers={"traceparent": f"00-{trace}-{parent}-01", "x-ferry-labels": "support"})
        mine = bytes.fromhex(trace)
        server = self.collector.wait_for(lambda s: s.trace_id == mine and s.kind == Span.SPAN_KIND_SERVER)[0]
        self.assertEqual(server.parent_span_id.hex(), parent)
        self.assertEqual(server.name, "chat shaky")
        about = attributes(server)
        self.assertEqual(about["gen_ai.operation.name"], "chat")
        self.assertEqual(about["http.response.status_code"], 200)
        self.assertEqual(about["ferry.key"], self.keys["user"]["id"])
        self.assertEqual(about["ferry.fate"], "ok")
        self.assertIn("support", about["ferry.labels"])
        sendings = [s for s in self.collector.spans() if s.trace_id == mine and s.kind == Span.SPAN_KIND_CLIENT]
        sendings.sort(key=lambda s: s.start_time_unix_nano)
        self.assertEqual([attributes(s)["ferry.attempt"] for s in sendings], list(range(1, len(sendings) + 1)))
        self.assertGreaterEqual(len(sendings), 2)
        first, last = sendings[0], sendings[-1]
        self.assertEqual(first.status.code, Status.STATUS_CODE_ERROR)
        self.assertTrue(attributes(first)["error.type"])
        self.assertEqual(last.status.code, Status.STATUS_CODE_UNSET)
        self.assertEqual(attributes(last)["gen_ai.provider.name"], "mock")
        self.assertEqual(attributes(last)["gen_ai.request.model"], "m")
        self.assertGreater(attributes(last)["gen_ai.usage.output_tokens"], 0)
        self.assertGreater(attributes(last)["ferry.cost"], 0)
        self.assertEqual(f"http://{attributes(last)['server.address']}:{attributes(last)['server.port']}", self.mock.url)
        for sending in sendings:
            self.assertEqual(sending.parent_span_id, server.span_id)
            self.assertGreaterEqual(sending.start_time_unix_nano, server.start_time_unix_nano)
            self.assertLessEqual(sending.end_time_unix_nano, server.end_time_unix_nano)
        # What the upstream was told: each sending's own span is its parent.
        told = re.findall(rf"00-{trace}-([0-9a-f]{{16}})-01", json.dumps(self.mock.stats()))
        self.assertEqual(sorted(told), sorted(s.span_id.hex() for s in sendings))

    def test_a_trace_of_one_s_own_has_the_exchange_s_id(self):
        answer = self.client.chat.completions.with_raw_response.create(model="rented", messages=HELLO)
        answer.parse()
        span = self.collector.wait_for(
            lambda s: s.kind == Span.SPAN_KIND_SERVER and not s.parent_span_id and s.name == "chat rented")[-1]
        self.assertEqual(attributes(span)["ferry.exchange"].replace("-", ""), span.trace_id.hex())
        shown = run("traffic", "show", attributes(span)["ferry.exchange"], env=self.env)
        self.assertEqual(shown.returncode, 0, shown.stderr)

    def test_what_a_client_does_not_record_is_not_recorded(self):
        unsampled, sampled = "11111111111111111111111111111111", "22222222222222222222222222222222"
        for trace, flag in ((unsampled, "00"), (sampled, "01")):
            self.ask("rented", extra_headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-{flag}"})
        self.collector.wait_for(lambda s: s.trace_id.hex() == sampled and s.kind == Span.SPAN_KIND_SERVER)
        self.assertFalse([s for s in self.collector.spans() if s.trace_id.hex() == unsampled])

    def test_spans_say_nothing_of_what_was_said(self):
        self.ask("rented")
        self.collector.wait_for(lambda s: s.name == "chat rented")
        for body in self.collector.bodies:
            self.assertNotIn(SECRET.encode(), body)
            self.assertNotIn(b"The ferry crosses", body)
            for key in self.keys.values():
                self.assertNotIn(key["secret"].encode(), body)
        self.assertEqual(self.collector.headers[0]["Authorization"], "Bearer collector")
        self.assertEqual(self.collector.headers[0]["Content-Type"], "application/json")
        self.assertIn(b'"door"', self.collector.bodies[0])
        self.assertGreater(self.collector.asked, len(self.collector.bodies), "it was busy once, and was asked again")
        text = self.server.log_text()
        self.assertNotIn("Bearer collector", text)


if __name__ == "__main__":
    unittest.main()
