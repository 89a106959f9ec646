"""Renders templates as transformers does: its own environment, with a fixed clock. Shared by make.py and differ.py."""

import copy
import datetime
import logging
import warnings

from transformers.utils import chat_template_utils

NOW = datetime.datetime(2024, 12, 5, 14, 3, 9)


class FixedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


chat_template_utils.datetime = FixedClock
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")

DEFAULTS = {"tools": None, "documents": None, "add_generation_prompt": False}


def render(template, context):
    """{"output": text, "spans": generation blocks in characters} or {"error": message}."""
    try:
        compiled = chat_template_utils._compile_jinja_template(template)
        values = copy.deepcopy({**DEFAULTS, **context})  # `x|indent` changes a list x
        text = compiled.render(**values)
        text.encode()
        result = {"output": text}
        if "generation" in template:
            messages = values.pop("messages", [])
            fixed = {k: values.pop(k) for k in DEFAULTS}
            _, spans = chat_template_utils._render_with_assistant_indices(compiled, messages, **fixed, **values)
            result["spans"] = spans
        return result
    except RecursionError:
        return {"error": "RecursionError"}
    except Exception as error:
        return {"error": f"{error}"}
