#!/usr/bin/env python3
"""Collects JSON Schemas into one file for infer_grammar_bench, each once:

  bench/grammar/prepare.py PATH... > schemas.jsonl
  FERRY_GRAMMAR_SCHEMAS=schemas.jsonl build/release/infer_grammar_bench

A PATH is a folder or a file: JSONSchemaBench's (maskbench/data of https://github.com/guidance-ai/jsonschemabench, with
tests), tests/golden/json_schema's .jsonl, or plain schemas, as many packages carry them: cfn-lint, kubernetes-validate,
check-jsonschema, nbformat, altair.
"""

import json
import pathlib
import sys

KEYWORDS = ("properties", "$ref", "anyOf", "oneOf", "allOf", "enum", "items", "definitions", "$defs", "additionalProperties")


def references(schema, found):
    """The names in _definitions.json that it refers to; the references become local."""
    if isinstance(schema, list):
        for part in schema:
            references(part, found)
    elif isinstance(schema, dict):
        target = schema.get("$ref")
        if isinstance(target, str) and "_definitions.json#/" in target:
            found.append(target.rpartition("/")[2])
            schema["$ref"] = "#/$defs/" + found[-1]
        elif isinstance(target, str) and target.startswith("#/$defs/"):
            found.append(target.rpartition("/")[2])
        for part in schema.values():
            references(part, found)


def bundled(schema, definitions):
    """With the definitions that it needs, directly or not: kubernetes-validate has them in a file of their own."""
    needed = []
    references(schema, needed)
    taken = {}
    while needed:
        name = needed.pop()
        if name not in taken and name in definitions:
            taken[name] = json.loads(json.dumps(definitions[name]))
            references(taken[name], needed)
    return {**schema, "$defs": taken} if taken else schema


def items_of(path):
    """(schema, tests) of a file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        for line in filter(None, text.split("\n")):
            item = json.loads(line)
            yield item["schema"], item["tests"]
        return
    item = json.loads(text)
    if not isinstance(item, dict):
        return
    if "schema" in item and "tests" in item:
        yield item["schema"], [{"valid": test["valid"], "text": json.dumps(test["data"], ensure_ascii=False)}
                               for test in item["tests"]]
    elif any(keyword in item for keyword in KEYWORDS) and path.name != "_definitions.json":
        beside = path.parent / "_definitions.json"
        if beside.exists():
            item = bundled(item, json.loads(beside.read_text(encoding="utf-8"))["$defs"])
        yield item, []


def main():
    known = set()
    for argument in sys.argv[1:]:
        top = pathlib.Path(argument)
        for path in sorted(top.rglob("*.json*")) if top.is_dir() else [top]:
            if path.suffix not in (".json", ".jsonl"):
                continue
            try:
                for schema, tests in items_of(path):
                    text = json.dumps(schema, ensure_ascii=False)
                    if text in known:
                        continue
                    known.add(text)
                    print(json.dumps({"id": path.stem, "schema": schema, "tests": tests}, ensure_ascii=False))
            except (ValueError, UnicodeDecodeError) as error:
                print(f"{path}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
