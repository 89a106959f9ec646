"""Starting and stopping the binary under test."""

import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.request

BINARY = os.environ["FERRY_E2E_BINARY"]
WORK = os.environ["FERRY_E2E_WORK"]
MODEL = os.environ["FERRY_E2E_MODEL"]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What requests call it: a path's last part.
NAME = os.path.basename(MODEL.rstrip("/")).removesuffix(".gguf")
START_SECONDS = 120


def run(*arguments, text_in=None, timeout=120, env=None, binary=BINARY, cwd=None):
    """The finished process: returncode, stdout, stderr (bytes)."""
    data = text_in.encode() if isinstance(text_in, str) else text_in
    return subprocess.run(
        [*([binary] if isinstance(binary, str) else binary), *arguments],
        input=data if data is not None else b"",
        capture_output=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
        cwd=cwd,
    )


class Server:
    """`ferry serve` on a port of its own, of one model or a list of them; a context manager."""

    def __init__(self, *arguments, env=None, binary=BINARY, model=MODEL, cwd=None):
        self.log_file = tempfile.NamedTemporaryFile(prefix="serve-", suffix=".log", dir=WORK)
        self.process = subprocess.Popen(
            [binary, "serve", *([model] if isinstance(model, str) else model or []), "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=self.log_file,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            text=True,
        )
        line = self.process.stdout.readline()
        match = re.match(r"Ferry is ready: (https?://\S+)/v1  \(models? (.+)\)$", line)
        if not match:
            self.process.kill()
            raise RuntimeError(f"no ready line, but {line!r}; log: {self.log_text()}")
        self.url = match.group(1)
        self.models = match.group(2).split(", ")
        self.port = int(self.url.rsplit(":", 1)[1])

    def log_text(self):
        with open(self.log_file.name, encoding="utf-8") as file:
            return file.read()

    def log(self):
        return [json.loads(line) for line in self.log_text().splitlines()]

    def stop(self, number=signal.SIGTERM):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.log_file.close()


class Mock:
    """`ferry mock` on a port of its own; a context manager."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [BINARY, "mock", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        match = re.match(r"The mock is ready: (http://\S+)/v1$", line)
        if not match:
            self.process.kill()
            raise RuntimeError(f"no ready line, but {line!r}")
        self.url = match.group(1)

    def stats(self):
        with urllib.request.urlopen(f"{self.url}/mock/stats", timeout=10) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdout.close()
