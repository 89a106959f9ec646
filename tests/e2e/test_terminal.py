"""`ferry run` as a person sees it: through a pseudo-terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unittest

from ferry import BINARY, MODEL

PROMPT = ">>> "
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


class Terminal:
    """A program on a terminal; what it shows can be waited for."""

    def __init__(self, *arguments, columns=100):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(BINARY, [BINARY, *arguments])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.shown = ""
        self.exit_code = None

    def read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is closed
            return False
        self.shown += ESCAPE.sub("", data.decode("utf-8", "replace"))
        return bool(data)

    def expect(self, pattern, seconds=60):
        """Waits for the pattern and drops what was shown up to its end; returns what stood before it."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.shown)
            if found:
                before, self.shown = self.shown[: found.start()], self.shown[found.end() :]
                return before
            if time.monotonic() > end or (not self.read(max(0.0, end - time.monotonic())) and self.exited()):
                raise AssertionError(f"no {pattern!r} in {self.shown!r}")

    def send(self, text):
        os.write(self.fd, text.encode())

    def exited(self):
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None

    def wait(self, seconds=30):
        end = time.monotonic() + seconds
        while not self.exited():
            if time.monotonic() > end:
                raise AssertionError(f"still running; shown: {self.shown!r}")
            self.read(0.05)
        return self.exit_code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.exited():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class Chat(unittest.TestCase):
    def chat(self, *options):
        return Terminal("run", MODEL, "--temperature", "0", "--max-tokens", "40", *options)

    def test_a_conversation(self):
        with self.chat("--verbose") as terminal:
            self.assertIn("Chatting with", terminal.expect(PROMPT))
            terminal.send("What is Ferry?\r")
            terminal.expect(r"What is Ferry\?\n")
            answer = terminal.expect(r"\[\d+ \+ \d+ tokens, .*\]")
            self.assertGreater(len(answer.strip()), 0)
            terminal.expect(PROMPT)
            terminal.send("/show\r")
            terminal.expect(r"messages +2\n")
            terminal.expect(r"max_tokens +40\n")
            terminal.expect(PROMPT)
            terminal.send("/nothing\r")
            terminal.expect("/help lists what there is")
            terminal.expect(PROMPT)
            terminal.send("/exit\r")
            self.assertEqual(terminal.wait(), 0)

    def test_ctrl_d_leaves(self):
        with self.chat() as terminal:
            terminal.expect(PROMPT)
            terminal.send("\x04")
            self.assertEqual(terminal.wait(), 0)

    def test_keys_pressed_during_an_answer_wait_for_the_prompt(self):
        with self.chat() as terminal:
            terminal.expect(PROMPT)
            terminal.send("What is Ferry?\r/show\r\x04")
            terminal.expect(r"What is Ferry\?\n")
            self.assertNotIn("/show", terminal.expect(PROMPT))
            terminal.expect(r"messages +2\n")
            self.assertEqual(terminal.wait(), 0)

    def test_ctrl_c_drops_the_line_and_keeps_the_chat(self):
        with self.chat() as terminal:
            terminal.expect(PROMPT)
            terminal.send("half a line")
            terminal.expect("half a line")
            terminal.send("\x03")
            terminal.expect("Ctrl-D leaves")
            terminal.expect(PROMPT)
            terminal.send("/show\r")
            terminal.expect(r"messages +0\n")
            terminal.send("\x04")
            self.assertEqual(terminal.wait(), 0)

    def test_ctrl_c_stops_an_answer_and_keeps_the_chat(self):
        with Terminal("run", MODEL, "--kernels", "reference", "--temperature", "2", "--seed", "1") as terminal:
            terminal.expect(PROMPT)
            terminal.send("Tell me everything about ships.\r")
            terminal.expect(r"ships\.\n")
            terminal.expect(r"\S")  # it has begun
            terminal.send("\x03")
            terminal.expect(r"\[interrupted\]")
            terminal.expect(PROMPT)
            terminal.send("/set max_tokens 3\r")
            terminal.expect(PROMPT)
            terminal.send("And now?\r")
            terminal.expect(r"And now\?\n")
            terminal.expect(PROMPT)
            terminal.send("/exit\r")
            self.assertEqual(terminal.wait(), 0)

    def test_ctrl_c_ends_a_single_answer(self):
        with Terminal("run", MODEL, "--kernels", "reference", "--temperature", "2", "--seed", "1", "Tell me everything.") as terminal:
            terminal.expect(r"\S")
            terminal.send("\x03")
            self.assertEqual(terminal.wait(), 130)

    def test_several_lines_are_one_message(self):
        with self.chat() as terminal:
            terminal.expect(PROMPT)
            terminal.send('"""What is\r')
            terminal.expect(r"\.\.\. ")
            terminal.send('Ferry?"""\r')
            terminal.expect(PROMPT)
            terminal.send("one \\\r")
            terminal.expect(r"\.\.\. ")
            terminal.send("two\r")
            terminal.expect(PROMPT)
            terminal.send("/show\r")
            terminal.expect(r"messages +4\n")
            terminal.send("\x04")
            self.assertEqual(terminal.wait(), 0)

    def test_lines_can_be_edited_beyond_ascii(self):
        path = os.path.join(os.environ["FERRY_E2E_WORK"], "edited.json")
        with self.chat() as terminal:
            terminal.expect(PROMPT)
            terminal.send("/system caféx\x7f né 😀\r")  # a backspace takes the x
            terminal.expect(PROMPT)
            terminal.send(f"/save {path}\r")
            terminal.expect(PROMPT)
            terminal.send("\x04")
            self.assertEqual(terminal.wait(), 0)
        with open(path, encoding="utf-8") as file:
            self.assertIn('"content":"café né 😀"', file.read())

    def test_history_is_kept_for_the_next_time(self):
        with self.chat() as terminal:
            terminal.expect(PROMPT)
            terminal.send("/system kept from before\r")
            terminal.expect(PROMPT)
            terminal.send("\x04")
            terminal.wait()
        with self.chat() as terminal:
            terminal.expect(PROMPT)
            terminal.send("\x1b[A")
            terminal.expect("/system kept from before")
            terminal.send("\r")
            terminal.expect(PROMPT)
            terminal.send("\x04")
            terminal.wait()
        mode = os.stat(os.path.join(os.environ["FERRY_HOME"], "history")).st_mode & 0o777
        self.assertEqual(mode, 0o600)

    def test_sigterm_ends_it(self):
        with self.chat() as terminal:
            terminal.expect(PROMPT)
            os.kill(terminal.pid, signal.SIGTERM)
            self.assertEqual(terminal.wait(), 128 + signal.SIGTERM)

    def test_a_signal_leaves_the_terminal_as_it_was(self):
        with self.chat() as terminal:
            before = termios.tcgetattr(terminal.fd)
            terminal.expect(PROMPT)
            self.assertNotEqual(termios.tcgetattr(terminal.fd), before)  # keys are read one by one
            os.kill(terminal.pid, signal.SIGTERM)
            os.waitid(os.P_PID, terminal.pid, os.WEXITED | os.WNOWAIT)
            self.assertEqual(termios.tcgetattr(terminal.fd), before)


if __name__ == "__main__":
    unittest.main()
