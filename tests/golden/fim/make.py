"""Writes prompts.jsonl: the prompts for filling a gap, as each family of models was trained on them.

    python make.py

Made with tokenizers 0.23.3. Each line is a family: the small tokenizer (in ../tokenizer) that stands for its own, the
tokens that are added to it, and cases: a prefix, a suffix and other files, with the token ids of the prompt. Where a
family's tokenizer works on bytes, the ids are those of the whole prompt as one string, as the model's own instructions
write it; with a SentencePiece vocabulary, prefix and suffix are encoded apart, the suffix behind a character that is
then cut off, as CodeLlama's and Mistral's own code does it.
"""
import json
import os
import random

import tokenizers

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = "0.23.3"
PIPES = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]
PLAIN = ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"]


# The parts of a prompt that are encoded one by one.
def snippets(files):
    return [f"\n\n--- {name} ---\n\n{text}" for name, text in files]


def prefix_first(prefix, suffix, middle):
    return lambda p, s, files: [*snippets(files), f"{prefix}{p}{suffix}{s}{middle}"]


def suffix_first(prefix, suffix, middle):
    return lambda p, s, files: [*snippets(files), f"{suffix}{s}{prefix}{p}{middle}"]


def qwen(p, s, files):
    context = "".join(f"<|file_sep|>{name}\n{text}" for name, text in files)
    head = f"<|repo_name|>myproject\n{context}<|file_sep|>filename\n" if files else ""
    return [f"{head}<|fim_prefix|>{p}<|fim_suffix|>{s}<|fim_middle|>"]


def starcoder2(p, s, files):
    context = "".join(f"<file_sep>{name}\n{text}" for name, text in files)
    head = f"<repo_name>myproject{context}<file_sep>" if files else ""
    return [f"{head}<fim_prefix>{p}<fim_suffix>{s}<fim_middle>"]


# name: tokenizer, added tokens, whether the model's own file calls them special, the prompt
FAMILIES = {
    "qwen": ("qwen2", [*PIPES, "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"], False, qwen),
    "codegemma": ("gpt2", [*PIPES, "<|file_separator|>"], True, prefix_first(*PIPES)),
    "starcoder2": ("starcoder", [*PLAIN, "<fim_pad>", "<repo_name>", "<file_sep>"], True, starcoder2),
    "granite": ("starcoder", [*PLAIN, "<fim_pad>", "<filename>", "<reponame>"], True, prefix_first(*PLAIN)),
    "santacoder": ("gpt2", ["<fim-prefix>", "<fim-suffix>", "<fim-middle>", "<fim-pad>"], True,
                   prefix_first("<fim-prefix>", "<fim-suffix>", "<fim-middle>")),
    "deepseek": ("deepseek3", ["<｜fim▁hole｜>", "<｜fim▁begin｜>", "<｜fim▁end｜>", "<|EOT|>"], False,
                 prefix_first("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>")),
    "glm": ("llama3", ["<|code_prefix|>", "<|code_middle|>", "<|code_suffix|>"], True,
            prefix_first("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>")),
    "falcon_h1": ("falcon", ["<|prefix|>", "<|middle|>", "<|suffix|>"], True,
                  prefix_first("<|prefix|>", "<|suffix|>", "<|middle|>")),
    "seed_coder": ("tekken", ["<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"], True,
                   suffix_first("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>")),
    "codestral_tekken": ("tekken", ["[PREFIX]", "[MIDDLE]", "[SUFFIX]"], True, suffix_first("[PREFIX]", "[SUFFIX]", "")),
}
SENTENCEPIECE = {
    "codellama": ("llama2", ["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"], "psm"),
    "codestral": ("llama2", ["[PREFIX]", "[MIDDLE]", "[SUFFIX]"], "spm"),
    "codellama_metaspace": ("metaspace_first", ["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"], "psm"),
    "codellama_always": ("metaspace_always", ["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"], "psm"),
}

CODE = ["def f(", "a, b):", "\n    ", "return a + b", " * ", "x", "\n\n", "if x:", "\t", "  # été", "0x1F", "'don't'", "{", "}", ";\n",
        "名前 = 1", " ", "foo_bar.baz"]


def code(dice, most):
    return "".join(dice.choice(CODE) for _ in range(dice.randint(0, most)))


def texts(dice, i):
    prefix, suffix = code(dice, 8), code(dice, 8)
    files = [(dice.choice(("a.py", "src/b c.rs", "ü.txt")), code(dice, 6)) for _ in range(i % 3)]
    return ("" if i == 3 else prefix), ("" if i == 4 else suffix), files


def load(base, contents, special):
    """(the tokenizer with the added tokens, the one without, what was added)"""
    with open(os.path.join(HERE, "../tokenizer", base + ".json"), encoding="utf-8") as file:
        document = json.load(file)
    bare = tokenizers.Tokenizer.from_str(json.dumps(document))
    first = bare.get_vocab_size(with_added_tokens=True)
    added = [{"id": first + i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": special} for i, content in enumerate(contents)]
    document["added_tokens"] += added
    return tokenizers.Tokenizer.from_str(json.dumps(document)), bare, added


def leading(tokenizer):
    """What the post-processor puts before a text."""
    alone = tokenizer.encode("x", add_special_tokens=False).ids
    around = tokenizer.encode("x").ids
    return around[:next(i for i in range(len(around)) if around[i:i + len(alone)] == alone)]


def case(p, s, files, ids):
    return {"prefix": p, "suffix": s, "files": [list(f) for f in files], "ids": ids}


def byte_cases(tokenizer, template, dice):
    for i in range(12):
        p, s, files = texts(dice, i)
        ids = [id for part in template(p, s, files) for id in tokenizer.encode(part, add_special_tokens=False).ids]
        yield case(p, s, files, leading(tokenizer) + ids)


def sentencepiece_cases(bare, added, order, dice):
    token = {a["content"].strip("▁<>[]")[:3]: a["id"] for a in added}

    def encode(text):
        return bare.encode(text, add_special_tokens=False).ids

    def infill(text):
        mark = encode("☺")
        ids = encode("☺" + text)
        assert ids[:len(mark)] == mark
        return ids[len(mark):]

    for i in range(12):
        p, s, _ = texts(dice, i)
        if order == "psm":
            ids = [token["PRE"], *encode(p), token["SUF"], *infill(s), token["MID"]]
        else:
            ids = [token["SUF"], *infill(s), token["PRE"], *encode(p)]
        yield case(p, s, [], leading(bare) + ids)


def main():
    assert tokenizers.__version__ == VERSION, f"made with tokenizers {VERSION}, this is {tokenizers.__version__}"
    lines = []
    for name, (base, contents, special, template) in FAMILIES.items():
        tokenizer, bare, added = load(base, contents, special)
        dice = random.Random(name)
        cases = list(byte_cases(tokenizer, template, dice))
        lines.append({"family": name, "base": base + ".json", "added": added, "cases": cases})
        # The text of a token in what a user wrote stays text: as the tokenizer without these tokens has it.
        hidden = [f"a{c}b" for c in contents]
        lines[-1]["plain"] = [[text, bare.encode(text, add_special_tokens=False).ids] for text in hidden]
    for name, (base, contents, order) in SENTENCEPIECE.items():
        _, bare, added = load(base, contents, True)
        dice = random.Random(name)
        lines.append({"family": name, "base": base + ".json", "added": added,
                      "cases": list(sentencepiece_cases(bare, added, order, dice))})
        lines[-1]["plain"] = [[f"a {c} b", bare.encode(f"a {c} b", add_special_tokens=False).ids] for c in contents]
    with open(os.path.join(HERE, "prompts.jsonl"), "w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
