#!/usr/bin/env python3
"""Writes what each family's chat template makes of a conversation with tools, with jinja2 as transformers sets it up.

    python3 make.py FOLDER_OF_REAL_TEMPLATES

requests.json is what an application sends to /v1/chat/completions. A template wants some of it in another form, and
FAMILIES says which: that is what a server has to find out by itself. The templates are not ours to keep here, so
prompts.json has only lengths and hashes of what they print.
"""

import copy
import json
import pathlib
import platform
import sys

import jinja2

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "template"))
from make import fnv1a  # noqa: E402
from reference import render  # noqa: E402

HERE = pathlib.Path(__file__).parent
DICT, TEXT = "dict", "text"

# What calls look like to the template: the form of their arguments, the content beside them.
FAMILIES = {
    "Mistral-Small-3.2-24B-Instruct-2506": (DICT, None),
    "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use": (DICT, None),
    "NousResearch-Hermes-3-Llama-3.1-8B-tool_use": (DICT, None),
    "Qwen-Qwen2.5-7B-Instruct": (DICT, None),
    "Qwen-Qwen3-0.6B": (DICT, ""),
    "deepseek-ai-DeepSeek-R1-Distill-Llama-8B": (TEXT, None),
    "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B": (DICT, None),
    "deepseek-ai-DeepSeek-V3.1": (DICT, None),
    "meta-llama-Llama-3.1-8B-Instruct": (DICT, None),
    "meta-llama-Llama-3.2-3B-Instruct": (DICT, None),
    "meta-llama-Llama-3.3-70B-Instruct": (DICT, None),
    "mistralai-Mistral-Nemo-Instruct-2407": (DICT, None),
}

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def short_id(text):
    """Nine letters or digits, which Mistral's templates insist on, from any id that is something else."""
    if len(text) == 9 and all(c in DIGITS for c in text):
        return text
    value = int(fnv1a(text), 16)
    out = ""
    for _ in range(9):
        out += DIGITS[value % 62]
        value //= 62
    return out


def messages_for(model, request):
    form, content = FAMILIES[model]
    names = {}
    for message in copy.deepcopy(request["messages"]):
        for call in message.get("tool_calls", ()):
            names[call["id"]] = call["function"]["name"]
            message["content"] = message.get("content") or content
            if form == DICT:
                call["function"]["arguments"] = json.loads(call["function"]["arguments"])
            if "istral" in model:
                call["id"] = short_id(call["id"])
        if message["role"] == "tool":
            message["name"] = names[message["tool_call_id"]]
            if "istral" in model:
                message["tool_call_id"] = short_id(message["tool_call_id"])
        yield message


def main():
    folder = pathlib.Path(sys.argv[1])
    requests = json.loads((HERE / "requests.json").read_text())
    cases = []
    for model in FAMILIES:
        source = (folder / f"{model}.jinja").read_text()
        for name, request in requests.items():
            if "tool_use" in model and "tools" not in request:
                continue  # that template is for tools only
            context = {
                "messages": list(messages_for(model, request)),
                "add_generation_prompt": True,
                "bos_token": "<s>",
                "eos_token": "</s>",
            }
            if "tools" in request:
                context["tools"] = request["tools"]
            text = render(source, context)["output"]
            cases.append({"model": model, "request": name, "bytes": len(text.encode()), "fnv1a": fnv1a(text)})
    versions = {"python": platform.python_version(), "jinja2": jinja2.__version__}
    with open(HERE / "prompts.json", "w", encoding="utf-8") as file:
        json.dump({"versions": versions, "cases": cases}, file, ensure_ascii=False, indent=0, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
