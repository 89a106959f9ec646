#!/usr/bin/env python3
"""Makes tests/corpus/tokenizer_gguf_fuzz: one small GGUF vocabulary for each way of cutting and each kind of
model. Needs gguf."""

import pathlib

import gguf

CORPUS = pathlib.Path(__file__).parent.parent.parent / "corpus" / "tokenizer_gguf_fuzz"
NORMAL, UNKNOWN, CONTROL, USER, BYTE = 1, 2, 3, 4, 6
LETTERS = list("abcehnst0123!.") + ["Ġ", "Ċ", "Ã", "©"]
MERGES = ["t h", "th e", "Ġ the", "c a", "1 2", "Ã ©"]
PRE = [
    "default", "gpt-2", "llama-bpe", "dbrx", "qwen2", "deepseek-llm", "deepseek-coder", "deepseek-v3", "falcon",
    "starcoder", "tekken", "gpt-4o", "bloom", "viking",
]


def write(name, model, tokens, types, extra):
    writer = gguf.GGUFWriter(CORPUS / name, "llama")
    writer.add_tokenizer_model(model)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    extra(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def byte_level(pre):
    def extra(writer):
        writer.add_tokenizer_pre(pre)
        writer.add_token_merges(MERGES)
        writer.add_bos_token_id(0)
        writer.add_eos_token_id(1)
        if pre == "default":
            writer.add_add_bos_token(True)
            writer.add_add_space_prefix(True)

    tokens = ["<s>", "</s>", "<user>"] + LETTERS + [merge.replace(" ", "") for merge in MERGES]
    types = [CONTROL, CONTROL, USER] + [NORMAL] * (len(tokens) - 3)
    write(f"{pre}.gguf", "gpt2", tokens, types, extra)


def sentencepiece():
    def extra(writer):
        writer.add_token_scores([0.0] * 6 + [-float(i) for i in range(len(tokens) - 6)])
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        writer.add_unk_token_id(0)
        writer.add_add_eos_token(True)

    tokens = ["<unk>", "<s>", "</s>", "<0x0A>", "<0xC3>", "<0xA9>"]
    tokens += ["▁", "t", "h", "e", "th", "the", "▁the", "▁t", "he", "é"]
    types = [UNKNOWN, CONTROL, CONTROL, BYTE, BYTE, BYTE] + [NORMAL] * (len(tokens) - 6)
    write("sentencepiece.gguf", "llama", tokens, types, extra)


def bert():
    def extra(writer):
        writer.add_unk_token_id(0)
        writer.add_bos_token_id(1)
        writer.add_sep_token_id(2)
        writer.add_token_type_count(2)

    tokens = ["[UNK]", "[CLS]", "[SEP]", "▁the", "▁ca", "fe", "▁1", "2", "▁!"]
    write("bert.gguf", "bert", tokens, [NORMAL] * len(tokens), extra)


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    for old in CORPUS.iterdir():
        old.unlink()
    for pre in PRE:
        byte_level(pre)
    sentencepiece()
    bert()


if __name__ == "__main__":
    main()
