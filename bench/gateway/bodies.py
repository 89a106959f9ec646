"""Request bodies: chats about deliveries, of a given size. They are made from a seed, so every run sends the same.

One in four has an e-mail address and a telephone number in it. All have numbers, dates and names, which is what
detectors of personal data have to look at twice.
"""

import json
import random

VARIETY = 16
WORDS = """the ferry leaves harbour at noon with cargo for both towns and returns before dusk if weather allows it
passengers wait on the quay while crew checks tickets customs papers load lists fuel water radio engine pumps""".split()
FACTS = [
    "order {:05d} of 12 March 2026 weighs {:d}.5 kg",
    "invoice 2026-{:05d} over {:d}.90 EUR is open",
    "truck B-FY {:d} came at 14:{:02d}",
    "Ms Okafor and Mr Lindqvist asked about lot {:d}/{:d}",
]


def prose(draw, size, personal):
    parts = ["Write to nadia.berg@example.org or call +49 30 901820 first."] if personal else []
    while sum(len(part) + 1 for part in parts) < size:
        sentence = " ".join(draw.choices(WORDS, k=draw.randint(8, 20))).capitalize() + "."
        parts.append(sentence)
        if draw.random() < 0.4:
            parts.append(draw.choice(FACTS).format(draw.randint(10, 99), draw.randint(10, 59)).capitalize() + ".")
    return " ".join(parts)[:size]


def chat(model, size, stream, seed=1):
    """One body on each line, of `size` bytes each."""
    draw = random.Random(seed)
    lines = []
    for i in range(VARIETY):
        body = {"model": model, "messages": [{"role": "system", "content": "You answer questions about deliveries."},
                                             {"role": "user", "content": ""}],
                "temperature": 0.2, "max_tokens": 256, **({"stream": True} if stream else {})}
        body["messages"][1]["content"] = prose(draw, size - len(json.dumps(body)), personal=i % 4 == 0)
        lines.append(json.dumps(body))
    return "\n".join(lines) + "\n"
