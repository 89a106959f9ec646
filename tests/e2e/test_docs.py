"""The documents that the binary can check itself against."""

import pathlib
import unittest

from ferry import run

ROOT = pathlib.Path(__file__).parents[2]


class Docs(unittest.TestCase):
    def test_settings_page_is_current(self):
        written = (ROOT / "docs/settings.md").read_bytes()
        self.assertEqual(run("settings").stdout, written, "write it again: ferry settings > docs/settings.md")
