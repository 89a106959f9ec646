#!/usr/bin/env python3
"""Turns JSONSchemaBench (https://github.com/guidance-ai/jsonschemabench, maskbench/data) into one file for
infer_grammar_bench:

  bench/grammar/prepare.py JSONSCHEMABENCH/maskbench/data > schemas.jsonl
  FERRY_GRAMMAR_SCHEMAS=schemas.jsonl build/release/infer_grammar_bench
"""

import json
import pathlib
import sys


def main():
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
        item = json.loads(path.read_text(encoding="utf-8"))
        tests = [{"valid": test["valid"], "text": json.dumps(test["data"], ensure_ascii=False)}
                 for test in item.get("tests", [])]
        print(json.dumps({"id": path.stem, "schema": item["schema"], "tests": tests}, ensure_ascii=False))


if __name__ == "__main__":
    main()
