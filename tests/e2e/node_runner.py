"""Starts servers, runs the JavaScript tests against them, and prints a summary."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from ferry import MODEL, NAME, ROOT, WORK, Server
from gateway import Gateway
from thinker import make_thinker

KEY = "sk-e2e"
TESTS = sorted(path.name for path in pathlib.Path(__file__).parent.glob("*.test.mjs"))
ENCODER = os.path.join(ROOT, "tests/golden/encoder/bert_mean")


def main():
    keys = {"FERRY_API_KEY": KEY}
    with tempfile.TemporaryDirectory(dir=WORK) as folder, contextlib.ExitStack() as stack:
        make_thinker(pathlib.Path(folder))
        server, encoder, thinker = (stack.enter_context(Server(env=keys, model=m)) for m in (MODEL, ENCODER, folder))
        gateway = stack.enter_context(Gateway())
        done = subprocess.run(
            ["node", "--test", "--test-reporter=tap", *TESTS],
            cwd=os.path.join(WORK, "node"),
            env={
                **os.environ,
                "FERRY_URL": server.url,
                "FERRY_MODEL": NAME,
                "FERRY_KEY": KEY,
                "FERRY_THINKER_URL": thinker.url,
                "FERRY_THINKER": thinker.models[0],
                "FERRY_ENCODER_URL": encoder.url,
                "FERRY_ENCODER": encoder.models[0],
                "FERRY_GATEWAY_URL": gateway.url,
                "FERRY_GATEWAY_KEY": gateway.keys["app"],
                "FERRY_GOLDEN": ENCODER + ".json",
            },
            capture_output=True,
            text=True,
            timeout=300,
        )
    counts = {word: int(number) for word, number in re.findall(r"^# (pass|fail) (\d+)$", done.stdout, re.M)}
    for line in done.stdout.splitlines():
        if re.match(r"\s*(not )?ok \d+ - ", line) and ".mjs" not in line:
            print(re.sub(r"^\s*(not )?ok \d+ - ", lambda m: "FAIL " if m.group(1) else "ok   ", line))
    failed = counts.get("fail", 0)
    passed = counts.get("pass", 0)
    if failed or done.returncode or not passed:
        print(done.stdout, done.stderr)
    print(f"javascript: {passed} passed, {failed} failed")
    return 0 if passed and not failed and done.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
