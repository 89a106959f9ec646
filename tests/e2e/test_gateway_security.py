"""What attackers try at a gateway: smuggled requests and answers, forged headers and log lines, addresses that are not theirs
to reach, secrets that are not theirs to see."""

import http.client
import json
import os
import pathlib
import re
import socket
import tempfile
import threading
import unittest

from ferry import Server, run

VENDOR_KEY = "sk-vendor-0123456789abcdefghijklmnopqrstuv"
ANSWER = json.dumps({
    "id": "up", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "fine"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})


def whole(body, status="200 OK", more=""):
    return (f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
            f"{body}").encode()


class Upstream:
    """Keeps every byte of each connection, and answers requests as it is told; a context manager."""

    def __init__(self, answer=whole(ANSWER), host="127.0.0.1"):
        self.answer = answer
        self.connections = []
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(bytearray())
            threading.Thread(target=self.serve, args=(connection, self.connections[-1]), daemon=True).start()

    def serve(self, connection, seen):
        """Naive on purpose: a request is what the first Content-Length says."""
        begin = 0
        with connection:
            while data := connection.recv(65536):
                seen += data
                while (end := seen.find(b"\r\n\r\n", begin)) >= 0:
                    head = bytes(seen[begin:end])
                    length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head).group(1))
                    if len(seen) < end + 4 + length:
                        break
                    begin = end + 4 + length
                    answer = self.answer(head) if callable(self.answer) else self.answer
                    connection.sendall(answer)

    def requests(self):
        """Heads and bodies, as a strict reader has them; what does not fit raises."""
        found = []
        for seen in self.connections:
            rest = bytes(seen)
            while rest:
                head, _, rest = rest.partition(b"\r\n\r\n")
                lines = head.split(b"\r\n")
                if not re.fullmatch(rb"POST /v1/[a-z/_]+ HTTP/1\.1", lines[0]):
                    raise ValueError(f"no request: {lines[0]!r}")
                fields = [line.split(b": ", 1) for line in lines[1:]]
                if any(not re.fullmatch(rb"[A-Za-z0-9-]+", name) for name, _ in fields):
                    raise ValueError(f"no header: {head!r}")
                headers = {}
                for name, value in fields:
                    if name.lower() in headers:
                        raise ValueError(f"{name!r} twice: {head!r}")
                    headers[name.lower()] = value.decode()
                if b"transfer-encoding" in headers:
                    raise ValueError(f"chunks: {head!r}")
                length = int(headers[b"content-length"])
                found.append((headers, rest[:length]))
                rest = rest[length:]
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class SecurityTest(unittest.TestCase):
    def start(self, config, *arguments, env=None):
        """A gateway of this configuration."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.home = pathlib.Path(folder)
        self.env = {"FERRY_HOME": folder, **(env or {})}
        file = self.home / "ferry.yaml"
        file.write_text(config)
        return self.enterContext(Server("--config", str(file), "--log-level", "debug", *arguments, env=self.env))

    def upstream(self, *arguments, **options):
        return self.enterContext(Upstream(*arguments, **options))

    def ask(self, server, body, headers=None, path="/v1/chat/completions"):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("POST", path, body if isinstance(body, (str, bytes)) else json.dumps(body),
                           {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        read = answer.status, answer.getheaders(), answer.read()
        connection.close()
        return read


def chat(model="chat", text="hello", **more):
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def config_for(url, *, more="", routes="  chat: {targets: up/m}"):
    return (f"providers:\n  up: {{dialect: openai, url: {url}/v1, allow_private: true{more}}}\n"
            f"routes:\n{routes}\n")


class Smuggling(SecurityTest):
    BODY = json.dumps(chat()).encode()
    HIDDEN = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" \
             b"Content-Length: %d\r\n\r\n%s"

    def hidden(self):
        body = json.dumps(chat(user="smuggled")).encode()
        return self.HIDDEN % (len(body), body)

    def cases(self):
        body, hidden = self.BODY, self.hidden()
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        length = b"Content-Length: %d\r\n" % len(body)
        te = b"Transfer-Encoding: chunked\r\n"
        yield "both, length first", length + te, chunked + hidden
        yield "both, chunks first", te + b"Content-Length: %d\r\n" % (len(chunked) + len(hidden)), chunked + hidden
        yield "both, length of nothing", b"Content-Length: 0\r\n" + te, chunked + hidden
        yield "two lengths", length + b"Content-Length: %d\r\n" % (len(body) + len(hidden)), body + hidden
        yield "list of lengths", b"Content-Length: %d, %d\r\n" % (len(body), len(body) + len(hidden)), body + hidden
        for value in (b"+%d", b"-%d", b"0x%x", b"%d.0", b"%d ,", b"1_%d"):
            yield f"length {value}", b"Content-Length: " + value % len(body) + b"\r\n", body + hidden
        yield "length too large", b"Content-Length: 18446744073709551617\r\n", b"x" + hidden
        for value in (b"xchunked", b"chunked, identity", b"identity, chunked", b"chunked;q=1", b"\x0bchunked", b"chunked\x00",
                      b"gzip, chunked", b"chunked, chunked", b"\"chunked\""):
            yield f"coding {value}", b"Transfer-Encoding: " + value + b"\r\n", chunked + hidden
        yield "two codings", te + b"Transfer-Encoding: identity\r\n", chunked + hidden
        yield "blank before the colon", b"Transfer-Encoding : chunked\r\n" + length, body + hidden
        yield "blank before the name", b" Transfer-Encoding: chunked\r\n" + length, body + hidden
        yield "folded", b"Transfer-Encoding:\r\n chunked\r\n" + length, body + hidden
        yield "folded length", b"X: y\r\n Content-Length: 3\r\n" + length, body + hidden
        yield "bare LF in the head", length + b"X: y\nTransfer-Encoding: chunked\r\n", body + hidden
        yield "bare CR in the head", length + b"X: y\rTransfer-Encoding: chunked\r\n", body + hidden
        yield "NUL in a name", b"Content-Length\x00: 3\r\n" + length, body + hidden
        yield "no colon", b"Transfer-Encoding chunked\r\n" + length, body + hidden
        size = b"%x" % len(body)
        for name, line in {
                "bare LF after the size": size + b"\n", "sign": b"+" + size + b"\r\n", "prefix": b"0x" + size + b"\r\n",
                "huge": b"ffffffffffffffff" + size + b"\r\n", "blank before": b" " + size + b"\r\n",
                "LF in an extension": size + b";a=\n\r\n", "CR in an extension": size + b";a=\rb\r\n",
                "nothing": b"\r\n", "underscore": b"1_0\r\n"}.items():
            yield f"chunk: {name}", te, line + body + b"\r\n0\r\n\r\n" + hidden
        yield "chunk: no end", te, size + b"\r\n" + body + b"0\r\n\r\n" + hidden
        yield "chunk: LF as its end", te, size + b"\r\n" + body + b"\n0\r\n\r\n" + hidden
        yield "chunk: longer than its size", te, b"5\r\n" + body + b"\r\n0\r\n\r\n" + hidden
        yield "trailer with a length", te, size + b"\r\n" + body + b"\r\n0\r\nContent-Length: 500\nX: y\r\n\r\n" + hidden

    def speak(self, server, data):
        """Everything that is answered on one connection, until it closes or pauses."""
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(data)
            connection.settimeout(1)
            answer = b""
            try:
                while piece := connection.recv(65536):
                    answer += piece
            except TimeoutError:
                pass
            except ConnectionError:
                pass
            return answer

    def test_nothing_ambiguous_passes(self):
        upstream = self.upstream()
        server = self.start(config_for(upstream.url))
        count = 0
        for name, framing, body in self.cases():
            with self.subTest(name):
                answer = self.speak(server, b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                                            b"Content-Type: application/json\r\n" + framing + b"\r\n" + body)
                self.assertRegex(answer, rb"^HTTP/1\.1 (400|413|501) ")
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1)
                self.assertEqual(upstream.requests(), [])
            count += 1
        self.assertGreater(count, 40)
        # What is sent properly one after the other is two requests, each with its own exchange.
        proper = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" \
                 b"Content-Length: %d\r\n\r\n%s" % (len(self.BODY), self.BODY)
        answer = self.speak(server, proper + self.hidden())
        self.assertEqual(answer.count(b"HTTP/1.1 200 "), 2, answer)
        self.assertEqual(len(upstream.requests()), 2)

    def test_a_body_stays_a_body(self):
        """Requests within texts arrive as texts, whatever they look like."""
        upstream = self.upstream()
        server = self.start(config_for(upstream.url))
        text = "\r\n0\r\n\r\n" + self.hidden().decode() + "\u2028\x00"
        self.assertEqual(self.ask(server, chat(text=text))[0], 200)
        (_, body), = upstream.requests()
        self.assertEqual(json.loads(body)["messages"][0]["content"], text)

    def test_what_an_upstream_says_beyond_its_answer_is_nobodys(self):
        stolen = whole(ANSWER.replace("fine", "stolen"))
        for beyond in (stolen, b"\r\n" + stolen, b"HTTP/1.1 100 Continue\r\n\r\n" + stolen):
            upstream = self.upstream(whole(ANSWER) + beyond)
            server = self.start(config_for(upstream.url))
            for _ in range(5):
                status, _, body = self.ask(server, chat())
                self.assertEqual(status, 200)
                self.assertNotIn(b"stolen", body)


class Injection(SecurityTest):
    EVIL = "x\r\nX-Evil: 1\r\n\r\nHTTP/1.1 200 OK\n\x1b[31m\u2028\u0085{\"level\":\"error\"}\t\x00"

    def assert_clean(self, headers):
        names = [name.lower() for name, _ in headers]
        self.assertNotIn("x-evil", names)
        for _, value in headers:
            self.assertNotRegex(value, r"[\r\n\x00]")

    def test_headers_and_log_lines_cannot_be_forged(self):
        upstream = self.upstream()
        claude = "\n  claude: {dialect: anthropic, url: %s, allow_private: true}" % upstream.url
        server = self.start(config_for(upstream.url).replace("\nroutes:", claude + "\nroutes:") +
                            "  drops: {targets: claude/m, on_unsupported: warn}\n")
        evil = self.EVIL
        for body in (chat(evil), chat(user=evil), chat("drops", **{evil: 1, "frequency_penalty": 1, "seed": 5}),
                     chat(metadata={evil: evil}), chat(stop=[evil]),
                     {**chat(), "messages": [{"role": evil, "content": "x"}]},
                     {**chat(), "messages": [{"role": "user", "content": "x", evil: evil}]},
                     chat(tools=[{"type": "function", "function": {"name": evil}}]), chat(response_format={"type": evil}),
                     "{\"model\": \"chat\", \"" + "a" * 200_000 + "\": 1, \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}"):
            for path in ("/v1/chat/completions", "/v1/messages"):
                if path == "/v1/messages" and isinstance(body, dict):
                    body = {**body, "max_tokens": 5}
                _, headers, _ = self.ask(server, body, path=path)
                self.assert_clean(headers)
                self.assertLess(sum(len(value) for _, value in headers), 8000)
        # Headers with what a header may hold, tabs and letters beyond ASCII.
        _, headers, _ = self.ask(server, chat(), {
            "x-ferry-labels": "a\t,\xe9\x9f", "x-ferry-tags": "a=\tb;\xff=1", "x-request-id": "\xe9\t1",
            "anthropic-beta": "\xe9\t", "Authorization": "Bearer \xe9", "traceparent": "\xe9"})
        self.assert_clean(headers)
        upstream.requests()  # reads them strictly
        self.assertGreater(len(server.log_text().splitlines()), 10)
        for line in server.log_text().split("\n")[:-1]:
            self.assertIsInstance(json.loads(line), dict)
            self.assertNotRegex(line, "[\x00-\x1f\x7f\u0085\u2028]")

    def test_what_an_upstream_says_forges_nothing(self):
        forged = json.dumps({"error": {"message": self.EVIL, "type": self.EVIL, "code": self.EVIL}})
        for status in ("400 Bad", "401 No", "429 Slow", "500 Oh"):
            more = "X-Evil: 1\r\nx-request-id: a\tb\r\nRetry-After: 1e999\r\nSet-Cookie: a=b\r\n"
            upstream = self.upstream(whole(forged, status, more))
            server = self.start(config_for(upstream.url))
            code, headers, body = self.ask(server, chat())
            self.assertGreaterEqual(code, 400)
            self.assert_clean(headers)
            self.assertNotIn("set-cookie", [name.lower() for name, _ in headers])
            json.loads(body)
            for line in server.log_text().split("\n")[:-1]:
                json.loads(line)


class Addresses(SecurityTest):
    def test_what_texts_point_to_is_never_fetched(self):
        upstream, inside = self.upstream(), self.upstream()
        server = self.start(config_for(upstream.url, routes="  chat: {targets: up/m}\n  own: {targets: local/pilot}"))
        image = {"type": "image_url", "image_url": {"url": f"{inside.url}/latest/meta-data"}}
        file = {"type": "file", "file": {"file_data": f"{inside.url}/x", "filename": "x"}}
        for model in ("chat", "own"):
            for part in (image, file):
                self.ask(server, {"model": model, "messages": [{"role": "user", "content": [
                    {"type": "text", "text": f"see {inside.url}"}, part]}]})
        document = {"type": "document", "source": {"type": "url", "url": f"{inside.url}/x"}}
        self.ask(server, {"model": "own", "max_tokens": 5, "messages": [{"role": "user", "content": [document]}]},
                 path="/v1/messages")
        self.assertIn(b"/latest/meta-data", upstream.requests()[0][1])
        self.assertEqual(inside.connections, [])

    def test_private_addresses_need_to_be_allowed(self):
        for host in ("127.0.0.1", "localhost", "LOCALHOST.", "10.1.2.3", "192.168.0.1", "172.16.5.5", "169.254.169.254",
                     "100.64.0.1", "0.0.0.0", "[::1]", "[::]", "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]",
                     "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "metadata.localhost"):
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder) / "ferry.yaml"
                file.write_text(f"providers:\n  up: {{dialect: openai, url: \"https://{host}/v1\"}}\n"
                                "routes:\n  chat: {targets: up/m}\n")
                checked = run("config", "check", str(file), env={"FERRY_HOME": folder})
                self.assertNotEqual(checked.returncode, 0, host)
                self.assertIn(b"providers.up.url", checked.stderr + checked.stdout, host)


class Secrets(SecurityTest):
    def test_are_nowhere_to_be_read(self):
        def echo(head):
            """As some vendors do: what was sent is part of what they complain about."""
            key = re.search(rb"(?i)authorization: bearer (\S+)", head).group(1).decode()
            turn = next(turns)
            words = json.dumps({"error": {"message": f"Incorrect API key provided: {key}", "type": key, "code": key}})
            event = f"event: error\ndata: {words}\n\n"
            return (whole(words, "400 Bad Request"), whole(words, "401 Unauthorized"), whole(words, "500 Oh"),
                    whole(words, "429 Slow"), whole(ANSWER),
                    (f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {len(event)}\r\n\r\n"
                     f"{event}").encode())[turn % 6]

        turns = iter(range(1000))
        upstream = self.upstream(echo)
        folder = self.enterContext(tempfile.TemporaryDirectory())
        key_file = pathlib.Path(folder) / "key"
        key_file.write_text(VENDOR_KEY + "-2\n")
        keys = f", keys: [env:VENDOR_KEY, file:{key_file}], headers: {{x-secret: env:VENDOR_HEADER}}"
        server = self.start(config_for(upstream.url, more=keys,
                                       routes="".join(f"  chat{i}: {{targets: up/m{i}, record: full, retries: 0}}\n"
                                                      for i in range(12))),
                            env={"VENDOR_KEY": VENDOR_KEY, "VENDOR_HEADER": "header-secret-77"})
        made = json.loads(run("key", "create", "--name", "app", "--json", env=self.env).stdout)
        secret = made["secret"]
        told = b""
        for i in range(36):  # over routes whose breakers learn each by itself
            for key in (secret, secret[:-1] + "!", "wrong-" + secret):
                _, headers, body = self.ask(server, chat(f"chat{i % 12}", stream=i % 2 == 0), {"Authorization": f"Bearer {key}"})
                told += repr(headers).encode() + body
        for path in ("/metrics", "/v1/models", "/v1/capabilities", "/health", "/openapi.json"):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"})
            told += connection.getresponse().read()
            connection.close()
        server.stop()
        for arguments in (("key", "list", "--json"), ("traffic", "list", "--json"), ("audit", "verify"),
                          ("config", "history"), ("config", "check", str(self.home / "ferry.yaml"))):
            done = run(*arguments, env=self.env)
            told += done.stdout + done.stderr
        kept = {str(file): file.read_bytes() for file in self.home.rglob("*") if file.is_file()}
        self.assertGreater(sum(len(data) for data in kept.values()), 10_000)
        self.assertGreater(len(upstream.requests()), 30)
        for one in (VENDOR_KEY, "header-secret-77", secret):
            self.assertNotIn(one.encode(), told, "told")
            self.assertNotIn(one, server.log_text(), "logged")
            for name, data in kept.items():
                self.assertNotIn(one.encode(), data, name)


if __name__ == "__main__":
    unittest.main()
