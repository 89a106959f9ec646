"""Starting and stopping what is measured: the mock upstream, and each gateway in front of it."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
SLOW = "m?tokens=40&token-latency=100ms"  # a model of the mock's: four seconds of stream


@dataclass
class Peer:
    name: str
    port: int
    pid: int
    model: str = "bench"
    slow_model: str = "slow"
    headers: list = field(default_factory=list)
    env: dict = field(default_factory=dict)  # in which its other commands run


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(process, port, seconds, log):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port}; the log is {log}")


@contextlib.contextmanager
def running(command, log, **options):
    """A process in a group of its own; the whole group ends with the context."""
    with open(log, "wb") as file:
        process = subprocess.Popen([str(part) for part in command], stdout=file, stderr=file,
                                   start_new_session=True, **options)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


class Bench:
    """Where things are: the binaries, a folder for this run, the peers' installations."""

    def __init__(self, ferry, work, cache, ferry_options=()):
        self.ferry = pathlib.Path(ferry).resolve()
        self.work = pathlib.Path(work).resolve()
        self.cache = pathlib.Path(cache).resolve() if cache else None
        self.ferry_options = list(ferry_options)
        self.work.mkdir(parents=True, exist_ok=True)
        self.mock_port = None

    def build(self, name):
        """The helper's program, compiled when its source is newer."""
        program = self.work / name
        sources = [HERE / f"{name}.cpp", *HERE.glob("*.h")]
        if not program.exists() or program.stat().st_mtime < max(source.stat().st_mtime for source in sources):
            compiler = os.environ.get("CXX", "c++")
            subprocess.run([compiler, "-O2", "-std=c++20", sources[0], "-o", program], check=True)
        return program

    @contextlib.contextmanager
    def mock(self):
        self.mock_port = free_port()
        command = [self.ferry, "mock", "--port", self.mock_port, "--latency", "0ms", "--token-latency", "0ms"]
        log = self.work / "mock.log"
        with running(command, log) as process:
            wait_for_port(process, self.mock_port, 10, log)
            yield Peer("none", self.mock_port, process.pid, model="m", slow_model=SLOW)

    @contextlib.contextmanager
    def relay(self):
        log = self.work / "relay.log"
        with running([self.build("relay"), self.mock_port], log) as process:
            while not (port := log.read_text()):
                time.sleep(0.05)
            yield Peer("a relay of bytes", int(port), process.pid, model="m", slow_model=SLOW)

    @contextlib.contextmanager
    def gateway_ferry(self):
        folder = self.work / "ferry"
        subprocess.run(["rm", "-rf", folder], check=True)
        folder.mkdir()
        config = folder / "ferry.yaml"
        config.write_text((HERE / "ferry.yaml").read_text().replace("MOCK_PORT", str(self.mock_port)))
        env = {**{k: v for k, v in os.environ.items() if not k.startswith("FERRY_")}, "FERRY_HOME": str(folder)}

        def administer(*arguments):
            return subprocess.run([self.ferry, *arguments], env=env, check=True, capture_output=True, text=True).stdout

        administer("organisation", "set", "--budget", "1000000/month")
        administer("team", "create", "--name", "team", "--budget", "1000000/day", "--budget", "1000000/month",
                   "--tpm", "100000000000")
        secret = administer("key", "create", "--name", "bench", "--team", "team", "--budget", "1000000/day",
                            "--rpm", "100000000", "--concurrent", "100000").split()[-1]
        port = free_port()
        command = [self.ferry, "serve", "--config", config, "--port", port, "--log-level", "warning", *self.ferry_options]
        log = folder / "serve.log"
        with running(command, log, env=env) as process:
            wait_for_port(process, port, 20, log)
            yield Peer("Ferry", port, process.pid, headers=[f"Authorization: Bearer {secret}"], env=env)

    @contextlib.contextmanager
    def gateway_portkey(self):
        """As it comes, but for its console; each request says where it goes."""
        port = free_port()
        program = self.cache / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
        log = self.work / "portkey.log"
        with running(["node", program, f"--port={port}", "--headless"], log) as process:
            wait_for_port(process, port, 30, log)
            yield Peer("Portkey", port, process.pid, model="m", slow_model=SLOW, headers=[
                "x-portkey-provider: openai",
                f"x-portkey-custom-host: http://127.0.0.1:{self.mock_port}/v1",
                "Authorization: Bearer none",
            ])

    @contextlib.contextmanager
    def gateway_litellm(self):
        """A worker for each core, as its documentation advises; without a database, and so without budgets or records."""
        folder = self.work / "litellm"
        folder.mkdir(exist_ok=True)
        config = folder / "config.yaml"
        models = [{"model_name": name, "litellm_params": {
            "model": f"openai/{model}", "api_base": f"http://127.0.0.1:{self.mock_port}/v1", "api_key": "none"}}
            for name, model in (("bench", "m"), ("slow", SLOW))]
        config.write_text(json.dumps({
            "model_list": models,
            "litellm_settings": {"num_retries": 0, "request_timeout": 120},
            "general_settings": {"master_key": "sk-bench"},
        }))
        port = free_port()
        log = folder / "serve.log"
        env = {**os.environ, "LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
        command = [self.cache / "litellm/bin/litellm", "--config", config, "--host", "127.0.0.1", "--port", port,
                   "--num_workers", os.cpu_count()]
        with running(command, log, env=env, cwd=folder) as process:
            wait_for_port(process, port, 120, log)
            yield Peer("LiteLLM", port, process.pid, headers=["Authorization: Bearer sk-bench"])
