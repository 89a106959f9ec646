"""A started `ferry serve` for the scripts beside this, which import from tests/e2e."""

import contextlib
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))


@dataclass
class Served:
    port: int
    pid: int
    returncode: int | None = None  # when it has ended


def split(arguments):
    """What comes before "--", and what after it."""
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


@contextlib.contextmanager
def serving(binary, model, options, keys=()):
    """The server, which calls its model "bench". Ends this program where it does not start."""
    # Each stream is a file on both sides.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    command = [str(pathlib.Path(binary).resolve()), "serve", model, "--port", "0", "--served-model-name", "bench"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "--log-level", "warning", *options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env={**os.environ, **({"FERRY_API_KEY": ",".join(keys)} if keys else {})},
        )
        try:
            ready = process.stdout.readline()
            if "Ferry is ready" not in ready:
                log.seek(0)
                sys.exit(f"no server: {log.read().decode()}")
            served = Served(int(ready.split("/v1")[0].rsplit(":", 1)[1]), process.pid)
            yield served
        finally:
            process.terminate()
            code = process.wait(60)
        served.returncode = code
        print("stopped with", code)
