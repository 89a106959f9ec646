"""Checks the golden files of OpenAI's wire format against the types of the official client, strictly.

    python validate.py        (checked with openai 3.54.0, pydantic 2.14.3)

The files are written by serve_dialects_test with FERRY_UPDATE_GOLDEN=1.
"""

import json
import pathlib
import sys

import pydantic
from openai.types import Completion, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk

HERE = pathlib.Path(__file__).parent
# Fields that OpenAI does not send: extensions that vLLM's clients know.
EXTENSIONS = {"max_model_len", "stop_reason", "token_ids", "prompt_token_ids", "prompt_logprobs", "prompt_text",
              "reasoning", "reasoning_content"}


def check_no_unknown(value, where):
    """Everything sent is a field of the type: pydantic keeps others in model_extra."""
    if isinstance(value, pydantic.BaseModel):
        unknown = set(value.model_extra or ()) - EXTENSIONS
        assert not unknown, f"{where}: unknown fields {unknown}"
        for name in type(value).model_fields:
            check_no_unknown(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            check_no_unknown(item, f"{where}[{i}]")


def check(kind, data, where):
    check_no_unknown(kind.model_validate(data, strict=True), where)


def check_completion_chunk(data, where):
    # The client's type describes whole answers only: pieces of a stream have no finish_reason yet.
    for choice in data["choices"]:
        choice["finish_reason"] = choice["finish_reason"] or "stop"
    check(Completion, data, where)


def check_stream(name, check_chunk):
    lines = (HERE / name).read_text().splitlines()
    assert lines[-1] == "[DONE]", name
    for i, line in enumerate(lines[:-1]):
        check_chunk(json.loads(line), f"{name}:{i + 1}")
    return len(lines) - 1


def read(name):
    return json.loads((HERE / name).read_text())


def main():
    for name in ("chat.json", "chat_logprobs.json", "chat_length.json", "chat_everything.json", "chat_tools.json",
                 "chat_tools_only.json"):
        check(ChatCompletion, read(name), name)
    for name in ("completion.json", "completion_two.json", "completion_everything.json"):
        check(Completion, read(name), name)
    check(Model, read("model.json"), "model.json")
    listed = read("models.json")
    assert listed["object"] == "list"
    for model in listed["data"]:
        check(Model, model, "models.json")
    assert set(read("error.json")["error"]) == {"message", "type", "param", "code"}
    chunks = 0
    for name in ("chat_stream.jsonl", "chat_stream_full.jsonl", "chat_stream_everything.jsonl"):
        chunks += check_stream(name, lambda data, where: check(ChatCompletionChunk, data, where))
    for name in ("completion_stream.jsonl", "completion_stream_full.jsonl", "completion_stream_everything.jsonl"):
        chunks += check_stream(name, check_completion_chunk)
    print(f"all files conform, {chunks} chunks among them")


if __name__ == "__main__":
    sys.exit(main())
