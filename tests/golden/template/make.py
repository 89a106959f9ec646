#!/usr/bin/env python3
"""Writes the golden files of the chat templates with jinja2 and transformers.

    python3 make.py [FOLDER OF REAL TEMPLATES]

snippets.json: our own small templates with what they render. models.json: of real templates (which are not ours to
keep here) only lengths and hashes of what the conversations render to.
"""

import json
import pathlib
import platform
import sys

import jinja2
import transformers

from conversations import BASE, CONVERSATIONS
from reference import render
from snippets import EXPRESSIONS, TEMPLATES

HERE = pathlib.Path(__file__).parent
VERSIONS = {"python": platform.python_version(), "jinja2": jinja2.__version__, "transformers": transformers.__version__}


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def write(name, document):
    with open(HERE / name, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, indent=0, separators=(",", ":"))
        file.write("\n")


def snippets():
    templates = ["{{ " + e + " }}" for e in EXPRESSIONS] + TEMPLATES
    return [{"template": t, **render(t, BASE)} for t in templates]


def models(folder):
    cases = []
    for path in sorted(folder.glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        for name, context in CONVERSATIONS.items():
            result = render(source, context)
            if "output" in result:
                result = {"bytes": len(result["output"].encode()), "fnv1a": fnv1a(result["output"])}
            cases.append({"model": path.stem, "conversation": name, **result})
    return cases


def main():
    write("snippets.json", {"versions": VERSIONS, "context": BASE, "cases": snippets()})
    if len(sys.argv) > 1:
        write("models.json", {"versions": VERSIONS, "contexts": CONVERSATIONS, "cases": models(pathlib.Path(sys.argv[1]))})


if __name__ == "__main__":
    main()
