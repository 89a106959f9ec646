"""Writes draft7.jsonl and draft2020-12.jsonl: JSON-Schema-Test-Suite (https://github.com/json-schema-org/
JSON-Schema-Test-Suite, MIT: LICENSE beside this file) as the package jsonschema carries it. One line for each group:

  {"file", "group", "schema", "tests": [{"description", "valid", "text"}]}

The instances are written as Python's json does. Tests that need documents from elsewhere are left out, as are strings
with lone surrogates, which are no Unicode text.
"""

import io
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

PACKAGE = "jsonschema==4.23.0"
HERE = pathlib.Path(__file__).parent
SCHEMAS = {"draft7": "http://json-schema.org/draft-07/schema#",
           "draft2020-12": "https://json-schema.org/draft/2020-12/schema"}
LEFT_OUT = {"refRemote.json", "vocabulary.json", "optional/cross-draft.json", "optional/format-assertion.json",
            "optional/refOfUnknownKeyword.json"}


def source() -> tarfile.TarFile:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", PACKAGE,
                        "-d", folder], check=True)
        return tarfile.open(fileobj=io.BytesIO(next(pathlib.Path(folder).iterdir()).read_bytes()))


def is_text(value) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def line_of(name: str, draft: str, group: dict) -> str:
    schema = group["schema"]
    if isinstance(schema, dict) and "$schema" not in schema:
        schema = {"$schema": SCHEMAS[draft], **schema}
    tests = [{"description": test["description"], "valid": test["valid"],
              "text": json.dumps(test["data"], ensure_ascii=False)}
             for test in group["tests"] if is_text(test["data"])]
    return json.dumps({"file": name, "group": group["description"], "schema": schema, "tests": tests},
                      ensure_ascii=False)


def main():
    archive = source()
    for draft in SCHEMAS:
        lines = []
        for member in sorted(archive.getnames()):
            inside, found, name = member.partition(f"/json/tests/{draft}/")
            if not found or not name.endswith(".json") or name in LEFT_OUT:
                continue
            for group in json.load(archive.extractfile(member)):
                if is_text(group["schema"]):
                    lines.append(line_of(name, draft, group))
        (HERE / f"{draft}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    licence = next(name for name in archive.getnames() if name.endswith("/json/LICENSE"))
    (HERE / "LICENSE").write_bytes(archive.extractfile(licence).read())


if __name__ == "__main__":
    main()
