"""Keys, teams and budgets on the command line: what `ferry key` prints, keeps and does not keep."""

import concurrent.futures
import json
import os
import stat
import tempfile
import unittest

from ferry import WORK, run


class Accounts(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=WORK)
        self.addCleanup(self.folder.cleanup)
        self.data = os.path.join(self.folder.name, "data")

    def ferry(self, *arguments):
        return run(*arguments, env={"FERRY_DATA_DIR": self.data})

    def output(self, *arguments):
        done = self.ferry(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def test_a_key_from_beginning_to_end(self):
        self.output("team", "create", "--name", "care", "--budget", "500/month")
        secret = self.output("key", "create", "--name", "app", "--team", "care", "--budget", "10/day").strip()
        self.assertRegex(secret, r"^fk_[0-9A-Za-z]{43}$")
        key = json.loads(self.output("key", "show", secret, "--json"))
        self.assertEqual((key["name"], key["team"], key["budget_day"]), ("app", "care", 10))
        renewed = self.output("key", "rotate", key["id"]).strip()
        self.assertNotEqual(renewed, secret)
        for one in (secret, renewed):
            self.assertEqual(json.loads(self.output("key", "show", one, "--json"))["id"], key["id"])
        self.assertEqual(self.ferry("team", "remove", "care").returncode, 1)
        self.output("key", "revoke", renewed)
        self.assertEqual(json.loads(self.output("key", "list", "--json")), [])
        self.output("team", "remove", "care")

    def test_only_the_owner_may_read_and_no_secret_lies_there(self):
        secret = self.output("key", "create", "--name", "app").strip()
        self.assertEqual(stat.S_IMODE(os.stat(self.data).st_mode), 0o700)
        for name in os.listdir(self.data):
            path = os.path.join(self.data, name)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, name)
            with open(path, "rb") as file:
                self.assertNotIn(secret[7:].encode(), file.read(), name)

    def test_many_processes_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda i: self.ferry("key", "create", "--name", f"key {i}"), range(12)))
        self.assertEqual([done.stderr for done in made if done.returncode != 0], [])
        self.assertEqual(len({done.stdout for done in made}), 12)
        self.assertEqual(len(json.loads(self.output("key", "list", "--json"))), 12)

    def test_what_cannot_be_opened_is_named(self):
        os.mkdir(self.data)
        with open(os.path.join(self.data, "ferry.db"), "w", encoding="utf-8") as file:
            file.write("something else\n" * 100)
        done = self.ferry("key", "list")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"ferry.db: cannot open the database: file is not a database", done.stderr)
