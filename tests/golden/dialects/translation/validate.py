"""Checks the translations between OpenAI's and Anthropic's dialects against the types of both official clients: what we
were given, so that the inputs are real, and what we wrote.

    python validate.py        (checked with anthropic 2.12.0, openai 3.54.0, pydantic 2.14.3)

The files *_as_* are written by serve_dialects_test with FERRY_UPDATE_GOLDEN=1.
"""

import json
import pathlib

import pydantic
from anthropic.types import ContentBlockParam, Message, MessageParam, RawMessageStreamEvent, ToolUnionParam
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from openai.types.chat import (ChatCompletion, ChatCompletionChunk, ChatCompletionContentPartParam,
                               ChatCompletionMessageParam, ChatCompletionToolUnionParam)
from openai.types.chat.completion_create_params import (CompletionCreateParamsNonStreaming,
                                                        CompletionCreateParamsStreaming)

HERE = pathlib.Path(__file__).parent
# Members that gateways add to OpenAI's messages and usages.
EXTENSIONS = {"stop_reason", "reasoning", "reasoning_content", "thinking_blocks", "cache_write_tokens"}
# Members of requests that the clients' newest types leave out and the API takes: of sampling, for models that have it.
SAMPLING = {"temperature", "top_p", "top_k"}


def no_unknown(value, where):
    """Everything sent is a field of the type: pydantic keeps others in model_extra."""
    if isinstance(value, pydantic.BaseModel):
        unknown = set(value.model_extra or ()) - EXTENSIONS
        assert not unknown, f"{where}: unknown fields {unknown}"
        for name in type(value).model_fields:
            no_unknown(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            no_unknown(item, f"{where}[{i}]")


def answer(kind, data, where):
    no_unknown(pydantic.TypeAdapter(kind).validate_python(data), where)


def request(types, data, where):
    kind = types["streaming" if data.get("stream") else "whole"]
    known = kind.__annotations__ | {k: v for base in kind.__orig_bases__ for k, v in base.__annotations__.items()}
    unknown = set(data) - set(known) - SAMPLING
    assert not unknown, f"{where}: unknown fields {unknown}"
    pydantic.TypeAdapter(kind).validate_python(data)
    # Lists are Iterables to these types, which are looked into one by one.
    for message in data["messages"]:
        pydantic.TypeAdapter(types["message"]).validate_python(message)
        for block in message["content"] if isinstance(message.get("content"), list) else []:
            pydantic.TypeAdapter(types["block"]).validate_python(block)
    for tool in data.get("tools", []):
        pydantic.TypeAdapter(types["tool"]).validate_python(tool)


def lines(name):
    return [line for line in (HERE / name).read_text().splitlines() if line != "[DONE]"]


def main():
    anthropic = {"whole": MessageCreateParamsNonStreaming, "streaming": MessageCreateParamsStreaming,
                 "message": MessageParam, "block": ContentBlockParam, "tool": ToolUnionParam}
    openai = {"whole": CompletionCreateParamsNonStreaming, "streaming": CompletionCreateParamsStreaming,
              "message": ChatCompletionMessageParam, "block": ChatCompletionContentPartParam,
              "tool": ChatCompletionToolUnionParam}
    for name, kinds in (("anthropic_requests.json", anthropic), ("openai_requests_as_anthropic.json", anthropic),
                        ("openai_requests.json", openai), ("anthropic_requests_as_openai.json", openai)):
        for key, data in json.loads((HERE / name).read_text()).items():
            request(kinds, data, f"{name}: {key}")
    for name, kind in (("anthropic_answer.json", Message), ("openai_answer_as_anthropic.json", Message),
                       ("openai_answer.json", ChatCompletion), ("anthropic_answer_as_openai.json", ChatCompletion)):
        answer(kind, json.loads((HERE / name).read_text()), name)
    for name, kind in (("anthropic_stream.jsonl", RawMessageStreamEvent),
                       ("openai_stream_as_anthropic.jsonl", RawMessageStreamEvent),
                       ("openai_stream.jsonl", ChatCompletionChunk),
                       ("anthropic_stream_as_openai.jsonl", ChatCompletionChunk)):
        for i, line in enumerate(lines(name)):
            if json.loads(line) != {"type": "ping"}:  # the clients drop it before they look at its type
                answer(kind, json.loads(line), f"{name}:{i + 1}")
    print("fine")


if __name__ == "__main__":
    main()
