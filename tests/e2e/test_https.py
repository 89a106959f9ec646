"""The server over TLS, with a certificate made here: curl, OpenAI's client, renewal, files that cannot be used."""

import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import unittest

import openai
from ferry import MODEL, NAME, WORK, Server, run


@unittest.skipUnless(shutil.which("openssl"), "the openssl command is not installed")
class Https(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=WORK)
        self.certificate, self.key = (os.path.join(self.folder.name, name) for name in ("cert.pem", "key.pem"))
        self.make()

    def tearDown(self):
        self.folder.cleanup()

    def make(self, *options):
        """A new key and a certificate for 127.0.0.1 that it signed itself."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", self.key, "-out", self.certificate, *(options or ["-nodes"])],
            check=True, capture_output=True)  # fmt: skip

    def serve(self):
        return Server("--tls-cert", self.certificate, "--tls-key", self.key)

    def curl(self, server, *arguments):
        done = subprocess.run(
            ["curl", "-sS", "--cacert", self.certificate, *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_curl_streams_an_answer(self):
        with self.serve() as server:
            self.assertTrue(server.url.startswith("https://"))
            self.assertEqual(json.loads(self.curl(server, f"{server.url}/health")), {"status": "ok"})
            body = json.dumps({"model": NAME, "prompt": "The ferry", "max_tokens": 8, "stream": True})
            events = self.curl(server, "-N", "-H", "Content-Type: application/json", "-d", body, f"{server.url}/v1/completions")
            self.assertTrue(events.endswith("data: [DONE]\n\n"), events)
            plain = self.curl(server, f"http://127.0.0.1:{server.port}/health")
            self.assertIn("https://", json.loads(plain)["error"]["message"])
            version = self.curl(server, "-o", os.devnull, "-w", "%{ssl_verify_result}", f"https://localhost:{server.port}/health")
            self.assertEqual(version, "0")

    def test_a_client_that_does_not_trust_it_gets_nothing(self):
        with self.serve() as server:
            done = subprocess.run(["curl", "-sS", f"{server.url}/health"], capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 60)  # the peer's certificate cannot be authenticated
            self.assertEqual(done.stdout, b"")

    def test_openais_client_streams_and_closes(self):
        with self.serve() as server:
            trust = ssl.create_default_context(cafile=self.certificate)
            with openai.DefaultHttpxClient(verify=trust) as transport:
                client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="x", http_client=transport, max_retries=0, timeout=60)
                messages = [{"role": "user", "content": "What is Ferry?"}]
                whole = client.chat.completions.create(model=NAME, messages=messages, max_tokens=16, temperature=0)
                stream = client.chat.completions.create(model=NAME, messages=messages, max_tokens=16, temperature=0, stream=True)
                text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
                self.assertEqual(text, whole.choices[0].message.content)
                left = client.chat.completions.create(model=NAME, messages=messages, max_tokens=200, stream=True, extra_body={"ignore_eos": True})
                next(iter(left))
                left.close()
                self.assertEqual(client.models.list().data[0].id, NAME)

    def test_a_renewed_certificate_is_read_on_sighup(self):
        with self.serve() as server:
            self.curl(server, f"{server.url}/health")
            self.make()
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while "certificate read again" not in server.log_text() and time.monotonic() < deadline:
                time.sleep(0.02)
            self.curl(server, f"{server.url}/health")
            os.truncate(self.key, 0)
            server.process.send_signal(signal.SIGHUP)
            while "the old certificate stays" not in server.log_text() and time.monotonic() < deadline:
                time.sleep(0.02)
            self.curl(server, f"{server.url}/health")
            self.assertEqual(server.stop(), 0)

    def test_files_that_cannot_be_used_are_told_at_once(self):
        def refusal(*arguments):
            done = run("serve", MODEL, "--port", "0", *arguments)
            self.assertEqual(done.returncode, 1)
            return done.stderr.decode()

        self.assertIn("--tls-key is missing", refusal("--tls-cert", self.certificate))
        self.assertIn("no certificate in PEM format", refusal("--tls-cert", self.key, "--tls-key", self.key))
        self.make("-passout", "pass:secret")
        self.assertIn("the key is encrypted", refusal("--tls-cert", self.certificate, "--tls-key", self.key))


if __name__ == "__main__":
    unittest.main()
