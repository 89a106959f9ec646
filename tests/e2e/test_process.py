"""The binary as a process: verbs, signals, the installed tree, an old processor."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from ferry import BINARY, MODEL, NAME, WORK, Server, run

BUILD = os.path.dirname(BINARY)


class Verbs(unittest.TestCase):
    def lines(self, *arguments, **options):
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode().splitlines()

    def test_version_and_help(self):
        self.assertRegex(self.lines("version")[0], r"^ferry \d+\.\d+\.\d+$")
        self.assertEqual(self.lines("--version"), self.lines("version"))
        self.assertTrue(any("serve" in line for line in self.lines("help")))

    def test_list_and_show(self):
        models = json.loads(self.lines("list", "--json")[0])
        if MODEL == NAME:
            self.assertIn(NAME, [model["name"] for model in models])
        shown = json.loads(self.lines("show", MODEL, "--json")[0])
        self.assertEqual(shown["name"], NAME)
        self.assertGreater(shown["parameters"], 0)
        self.assertEqual(sum(share["parameters"] for share in shown["dtypes"]), shown["parameters"])
        self.assertTrue(any(line.startswith("parameters") for line in self.lines("show", MODEL)))
        self.assertIn("{%", "\n".join(self.lines("show", MODEL, "--template")))

    def test_tokenize_there_and_back(self):
        text = "Ferry carries work across: naïve café, 12 × 3 = 36 😀\n"
        ids = self.lines("tokenize", MODEL, "--no-special", text_in=text)
        self.assertEqual(len(ids), 1)
        back = run("tokenize", MODEL, "--decode", text_in=ids[0])
        self.assertEqual(back.stdout.decode(), text)
        pieces = self.lines("tokenize", MODEL, "--no-special", "--pieces", text_in=text)
        self.assertEqual([line.split("\t")[0] for line in pieces], ids[0].split())

    def test_kernels_lists_one_in_use(self):
        lines = self.lines("kernels")
        self.assertEqual(sum(" used " in line for line in lines), 1)
        self.assertTrue(lines[-1].startswith("reference"))

    def test_mistakes(self):
        self.assertEqual(run("sevre").returncode, 2)
        self.assertIn(b"did you mean serve?", run("sevre").stderr)
        self.assertEqual(run("serve", "--prot", "1").returncode, 2)
        self.assertIn(b"did you mean --port?", run("serve", "--prot", "1").stderr)
        missing = run("show", "no-such-model")
        self.assertEqual(missing.returncode, 1)
        self.assertTrue(missing.stderr.startswith(b"ferry: there is no model"))

    def test_a_closed_pipe_is_no_crash(self):
        for arguments in (["settings"], ["run", MODEL, "Tell me", "--max-tokens", "50"]):
            reader, writer = os.pipe()
            os.close(reader)
            with open(writer, "wb") as out:
                done = subprocess.run([BINARY, *arguments], stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60)
            self.assertEqual(done.returncode, 1, arguments)

    def test_run_once(self):
        options = ("--temperature", "0", "--max-tokens", "12")
        by_argument = run("run", MODEL, "What", "is", "Ferry?", *options)
        self.assertEqual(by_argument.returncode, 0, by_argument.stderr)
        self.assertGreater(len(by_argument.stdout), 1)
        by_input = run("run", MODEL, *options, text_in="What is Ferry?\n")
        self.assertEqual(by_input.stdout, by_argument.stdout)
        verbose = run("run", MODEL, "What is Ferry?", "-v", *options)
        self.assertEqual(verbose.stdout, by_argument.stdout)
        self.assertRegex(verbose.stderr.decode(), r"tokens/s\]")
        self.assertEqual(run("run", MODEL, "x", "--temperature", "9").returncode, 1)

    def test_settings_come_from_flag_variable_and_file(self):
        path = os.path.join(WORK, "ferry.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"served_model_name: [from-file]\nkv_cache: 64MiB\n")
        with Server("--config", path) as server:
            self.assertEqual(server.models, ["from-file"])
        with Server("--config", path, env={"FERRY_SERVED_MODEL_NAME": "from-variable"}) as server:
            self.assertEqual(server.models, ["from-variable"])
        with Server("--config", path, "--served-model-name", "a", "--served-model-name", "b") as server:
            self.assertEqual(server.models, ["a", "b"])


class Serving(unittest.TestCase):
    def stream(self, server, max_tokens):
        """A connection whose stream has begun."""
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        body = {"model": NAME, "prompt": "The ferry", "max_tokens": max_tokens, "stream": True, "ignore_eos": True}
        connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        self.assertEqual(response.status, 200)
        return connection, response

    def test_sigterm_lets_a_stream_finish(self):
        # Plain loops are slow enough for the signal to arrive in the middle.
        with Server("--kernels", "reference") as server:
            connection, response = self.stream(server, 100)
            first = response.readline()
            server.process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            rest = response.read().decode()
            self.assertTrue(first.startswith(b"data: "))
            self.assertIn('"finish_reason":"length"', rest)
            self.assertTrue(rest.endswith("data: [DONE]\n\n"))
            self.assertEqual(server.process.wait(30), 0)
            self.assertLess(time.monotonic() - began, 30)
            with self.assertRaises(OSError):
                socket.create_connection(("127.0.0.1", server.port), timeout=2)
            connection.close()

    def test_a_second_signal_ends_it_at_once(self):
        with Server("--kernels", "reference") as server:
            connection, response = self.stream(server, 400)
            response.readline()
            server.process.send_signal(signal.SIGINT)
            time.sleep(0.1)
            server.process.send_signal(signal.SIGINT)
            self.assertIn(server.process.wait(10), (0, 128 + signal.SIGINT))
            connection.close()

    def test_after_the_grace_streams_end_in_an_error(self):
        with Server("--kernels", "reference", "--shutdown-grace", "100ms") as server:
            connection, response = self.stream(server, 400)
            response.readline()
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            events = response.read().decode().split("\n\n")
            self.assertEqual(server.process.wait(10), 0)
            self.assertLess(time.monotonic() - began, 10)
            connection.close()
            self.assertEqual(events[-1], "")
            error = json.loads(events[-2].removeprefix("data: "))["error"]
            self.assertEqual((error["type"], error["code"]), ("server_error", "shutting_down"))

    def test_while_streams_finish_open_connections_are_told(self):
        with Server("--kernels", "reference") as server:
            open_ones = {}
            for path in ("/health", "/v1/completions"):
                open_ones[path] = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
                open_ones[path].request("GET", "/health")
                response = open_ones[path].getresponse()
                self.assertEqual((response.status, json.loads(response.read())), (200, {"status": "ok"}))
            connection, stream = self.stream(server, 300)
            stream.readline()
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
            open_ones["/health"].request("GET", "/health")
            body = json.dumps({"model": NAME, "prompt": "x", "max_tokens": 1})
            open_ones["/v1/completions"].request("POST", "/v1/completions", body, {"Content-Type": "application/json"})
            for one in open_ones.values():
                response = one.getresponse()
                self.assertEqual(response.status, 503)
                self.assertEqual(response.getheader("Connection"), "close")
                self.assertIn("shutting down", json.loads(response.read())["error"]["message"])
                one.close()
            self.assertTrue(stream.read().endswith(b"data: [DONE]\n\n"))
            connection.close()
            self.assertEqual(server.process.wait(10), 0)

    def test_health_needs_no_key_and_the_rest_does(self):
        with Server(env={"FERRY_API_KEY": "sk-1"}) as server:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            for path, status in {"/health": 200, "/v1/models": 401, "/version": 401}.items():
                connection.request("GET", path)
                response = connection.getresponse()
                response.read()
                self.assertEqual(response.status, status, path)
            connection.close()

    def test_a_port_in_use_is_told(self):
        with Server() as server:
            done = run("serve", MODEL, "--port", str(server.port))
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"--port", done.stderr)

    def test_no_open_port_without_a_key(self):
        done = run("serve", MODEL, "--host", "0.0.0.0", "--port", "0")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"--allow-no-key", done.stderr)
        with Server("--host", "0.0.0.0", "--allow-no-key") as server:
            self.assertTrue(server.url.startswith("http://0.0.0.0:"))

    def test_the_log_holds_neither_keys_nor_prompts(self):
        with Server("--log-level", "debug", env={"FERRY_API_KEY": "sk-hidden"}) as server:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            for key in ("sk-hidden", "sk-unknown"):
                body = json.dumps({"model": NAME, "prompt": "xyzzy", "max_tokens": 2})
                connection.request("POST", "/v1/completions", body, {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
                connection.getresponse().read()
            connection.close()
            server.stop()
            text = server.log_text()
            for secret in ("sk-hidden", "sk-unknown", "xyzzy"):
                self.assertNotIn(secret, text)
            statuses = [line["status"] for line in server.log() if line["message"] == "request"]
            self.assertCountEqual(statuses, [200, 401])


class Shipping(unittest.TestCase):
    def test_needs_the_c_library_only(self):
        shown = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
        libraries = {line.split()[0].rsplit("/", 1)[-1] for line in shown.splitlines()}
        self.assertLessEqual(libraries, {"linux-vdso.so.1", "libm.so.6", "libc.so.6", "ld-linux-x86-64.so.2"})

    @unittest.skipUnless(MODEL == NAME, "the installed tree has the bundled model")
    def test_the_installed_tree_runs_elsewhere(self):
        prefix = os.path.join(WORK, "installed")
        shutil.rmtree(prefix, ignore_errors=True)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
        moved = os.path.join(WORK, "moved")
        shutil.rmtree(moved, ignore_errors=True)
        os.rename(prefix, moved)
        binary = os.path.join(moved, "bin", "ferry")
        models = json.loads(run("list", "--json", binary=binary, cwd="/").stdout)
        self.assertEqual([model["name"] for model in models], [NAME])
        self.assertTrue(models[0]["path"].startswith(moved))
        with Server(binary=binary, model=None, cwd="/") as server:
            self.assertEqual(server.models, [NAME])

    @unittest.skipUnless(shutil.which("qemu-x86_64"), "qemu-user is not installed")
    def test_an_old_processor_gives_the_same_answer(self):
        old = ["qemu-x86_64", "-cpu", "Nehalem", BINARY]
        kernels = run("kernels", binary=old).stdout.decode()
        self.assertRegex(kernels, r"avx2 +no")
        self.assertRegex(kernels, r"sse2 +used")
        options = ("run", MODEL, "What is Ferry?", "--temperature", "0", "--max-tokens", "8")
        emulated = run(*options, binary=old, timeout=300)
        self.assertEqual(emulated.returncode, 0, emulated.stderr)
        self.assertEqual(emulated.stdout, run(*options, "--kernels", "sse2").stdout)


if __name__ == "__main__":
    unittest.main()
