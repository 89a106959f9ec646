"""A gateway before the mock, in both dialects, and before our engine: what the tests with other people's clients share."""

import contextlib
import json
import pathlib
import tempfile

from ferry import WORK, Mock, Server, run

# The mock's answer.
TEXT = "The ferry crosses the river at noon, and returns before dusk with its passengers."
# Routes to the mock as OpenAI's API and as Anthropic's, and to `pilot`.
PROVIDERS = ("openai", "anthropic", "own")
CONFIG = """
providers:
  mock: {{dialect: openai, url: "{url}/v1", allow_private: true}}
  claude: {{dialect: anthropic, url: "{url}", allow_private: true}}
  closed: {{dialect: openai, url: "http://127.0.0.1:1/v1", allow_private: true}}
prices:
  mock/m: {{input: 2, output: 8}}
routes:
  openai: {{targets: mock/m}}
  anthropic: {{targets: claude/m}}
  own: {{targets: local/pilot}}
  slow: {{targets: "mock/m?tokens=500&token-latency=20ms"}}
  slow_anthropic: {{targets: "claude/m?tokens=500&token-latency=20ms"}}
  late: {{targets: "mock/m?latency=5s"}}
  late_anthropic: {{targets: "claude/m?latency=5s"}}
  cut: {{targets: "mock/m?fault=cut_stream", retries: 0}}
  cut_anthropic: {{targets: "claude/m?fault=cut_stream", retries: 0}}
  refused: {{targets: "mock/m?fault=status_400"}}
  unpaid: {{targets: "mock/m?fault=status_401", retries: 0}}
  busy: {{targets: "mock/m?fault=status_429&retry-after=7", retries: 0}}
  busy_anthropic: {{targets: "claude/m?fault=status_429&retry-after=7", retries: 0}}
  broken: {{targets: "mock/m?fault=status_500", retries: 0}}
  gone: {{targets: closed/m, retries: 0}}
"""
KEYS = {
    "app": (),
    "hasty": ("--rpm", "1"),
    "poor": ("--budget", "0.000001/day"),
    "narrow": ("--route", "own"),
}


class Gateway:
    """A started server with keys by name, and the mock behind it, which records what comes. A context manager."""

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=WORK))
            self.mock = stack.enter_context(
                Mock("--record", "1000", "--record-bodies", "--latency", "0ms", "--token-latency", "0ms"))
            self.env = {"FERRY_HOME": folder}
            self.keys = {name: self.make_key(name, limits) for name, limits in KEYS.items()}
            file = pathlib.Path(folder) / "ferry.yaml"
            file.write_text(CONFIG.format(url=self.mock.url))
            # The template of `pilot` shows no tools: a call of one is forced by its grammar, as it is of any model.
            self.server = stack.enter_context(
                Server("--config", str(file), "--tool-parser", "hermes", model="pilot", env=self.env))
            self.url = self.server.url
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def make_key(self, name, limits):
        made = run("key", "create", "--name", name, *limits, "--json", env=self.env)
        if made.returncode != 0:
            raise RuntimeError(made.stderr.decode())
        return json.loads(made.stdout)["secret"]
