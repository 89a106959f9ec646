#!/usr/bin/env python3
"""Times jinja2 on the chats of template_bench.cpp:  python3 time_jinja.py TEMPLATE.jinja ..."""

import pathlib
import sys
import timeit

from transformers.utils.chat_template_utils import _compile_jinja_template

MESSAGES = [{"role": "system", "content": "You are a helpful assistant."}]
MESSAGES += [{"role": "user" if i % 2 == 0 else "assistant", "content": "x" * 200} for i in range(9)]

for path in sys.argv[1:]:
    compiled = _compile_jinja_template(pathlib.Path(path).read_text(encoding="utf-8"))

    def once():
        compiled.render(messages=MESSAGES, tools=None, documents=None, add_generation_prompt=True, bos_token="<s>",
                        eos_token="</s>")

    best = min(timeit.repeat(once, number=500, repeat=5)) / 500
    print(f"{pathlib.Path(path).stem}: {best * 1e6:.1f} us")
