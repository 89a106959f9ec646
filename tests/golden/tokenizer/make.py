"""Trains small tokenizers of every kind, and writes what the reference makes of varied text.

    python make.py [OUT_DIR] [--cases N] [--seed N]     the committed goldens: OUT_DIR is this folder
    python make.py OUT_DIR --characters                 the classes and mappings of every Unicode character
    python make.py OUT_DIR --real DATA_DIR --cases N    the same for the real vocabularies in DATA_DIR/vocabs

Made with tokenizers 0.23.3 (see VERSION). Each NAME.json is a tokenizer; each line of NAME.jsonl is a case:
  text, ids (with the post-processor's tokens), plain (special tokens taken as text, nothing added),
  decoded / decoded_all (of ids, without and with special tokens); or random ids and their decoded.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import unicodedata

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import texts

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = "0.23.3"
BYTES = pre_tokenizers.ByteLevel.alphabet()
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?"
          r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
DEEPSEEK3 = [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
             r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
             r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]


def isolated(pattern, **options):
    return pre_tokenizers.Split(Regex(pattern), "isolated", **options)


def bytes_after(*steps):
    return pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def train(tokenizer, trainer):
    tokenizer.train_from_iterator(texts.corpus() * 3, trainer)
    return tokenizer


def byte_level(pre, special=("<|endoftext|>", "<|im_start|>", "<|im_end|>"), normalizer=None, prefix=False, **bpe):
    t = Tokenizer(models.BPE(**bpe))
    t.pre_tokenizer = pre
    if normalizer:
        t.normalizer = normalizer
    t.decoder = decoders.ByteLevel()
    return train(t, trainers.BpeTrainer(vocab_size=700, initial_alphabet=BYTES, special_tokens=list(special),
                                        show_progress=False))


def gpt2():
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def roberta():
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True), special=["<s>", "</s>", "<unk>"])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    return t


def llama3():
    t = byte_level(bytes_after(isolated(CL100K % "{1,3}")), ignore_merges=True)
    t.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("fox jumps", normalized=True)])
    t.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|endoftext|> $A <|im_end|>:0", pair=None,
                                      special_tokens=[("<|endoftext|>", 0), ("<|im_end|>", 2)])])
    return t


def qwen2():
    t = byte_level(bytes_after(isolated(CL100K % "")), normalizer=normalizers.NFC())
    t.add_tokens([AddedToken("Caf\u00e9", normalized=True), AddedToken("e\u0301t", normalized=False)])
    return t


def starcoder():
    return byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False)]))


def deepseek3():
    return byte_level(bytes_after(*[isolated(p) for p in DEEPSEEK3]))


def tekken():
    return byte_level(bytes_after(isolated(TEKKEN)))


def falcon():
    return byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
        pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")]))


def sentencepiece(pre=None, normalizer=None, decoder=None, fuse_unk=True, fallback=True, unk="<unk>"):
    """Characters with byte fallback; pieces never cross a word, as SentencePiece trains them."""
    special = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
    trainer = Tokenizer(models.BPE(unk_token="<unk>"))
    trainer.pre_tokenizer = pre_tokenizers.Metaspace()
    train(trainer, trainers.BpeTrainer(vocab_size=len(special) + 420, special_tokens=special, limit_alphabet=120,
                                       show_progress=False))
    doc = json.loads(trainer.to_str())
    t = Tokenizer(models.BPE(vocab=doc["model"]["vocab"], merges=[tuple(m) for m in doc["model"]["merges"]],
                             unk_token=unk, fuse_unk=fuse_unk, byte_fallback=fallback))
    if pre:
        t.pre_tokenizer = pre
    if normalizer:
        t.normalizer = normalizer
    t.decoder = decoder or decoders.Metaspace()
    t.add_special_tokens([AddedToken(s, normalized=False) for s in ("<unk>", "<s>", "</s>")])
    t.add_special_tokens([AddedToken("<|im_end|>", rstrip=True, normalized=False)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair=None, special_tokens=[("<s>", 1)])
    return t


def llama2():
    return sentencepiece(
        normalizer=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        decoder=decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)]))


def metaspace(scheme, split, **options):
    kind = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)
    decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme=scheme)])
    return sentencepiece(pre=kind, decoder=decoder, **options)


def word_piece(normalizer, **options):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]", **options))
    t.normalizer = normalizer
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    train(t, trainers.WordPieceTrainer(vocab_size=700, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
                                       show_progress=False))
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return t


def suffixes():
    """Characters with an end-of-word suffix and a continuation prefix, white space dropped, no decoder."""
    t = Tokenizer(models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>", continuing_subword_prefix="##"))
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Strip(), normalizers.Lowercase(),
                                         normalizers.Replace(Regex(r"\s+"), " ")])
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    train(t, trainers.BpeTrainer(vocab_size=600, special_tokens=["[UNK]"], end_of_word_suffix="</w>",
                                 continuing_subword_prefix="##", limit_alphabet=100, show_progress=False))
    t.add_tokens([AddedToken("brown", single_word=True, lstrip=True, rstrip=True), AddedToken("doesn", normalized=True)])
    return t


def split_behaviours():
    t = byte_level(bytes_after(
        pre_tokenizers.Split(" ", "merged_with_next"), pre_tokenizers.Split(Regex("[aeiou]+"), "merged_with_previous"),
        pre_tokenizers.Split(Regex("[0-9]"), "contiguous"), pre_tokenizers.Split("x", "removed"),
        pre_tokenizers.Split(Regex(r"\w+"), "removed", invert=True), pre_tokenizers.FixedLength(5)))
    t.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])
    return t


def marks(step=None, normalizer=None):
    """What a pre-tokenizer removes, or a normalizer makes, of each character."""
    t = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(sorted(BYTES))}, merges=[]))
    t.pre_tokenizer = bytes_after(*([step] if step else []))
    if normalizer:
        t.normalizer = normalizer
    t.decoder = decoders.ByteLevel()
    return t


def removed(pattern, **options):
    return lambda: marks(pre_tokenizers.Split(Regex(pattern), "removed", **options))


CHARACTERS = {
    **{"class_" + name: removed(p) for name, p in {
        "s": r"\s", "S": r"\S", "w": r"\w", "W": r"\W", "d": r"\d", "h": r"\h", "L": r"\p{L}", "N": r"\p{N}", "M": r"\p{M}",
        "P": r"\p{P}", "S_": r"\p{S}", "Lu": r"\p{Lu}", "Ll": r"\p{Ll}", "not": r"[^\s\p{L}\p{N}]", "dot": "."}.items()},
    "punctuation": lambda: marks(pre_tokenizers.Punctuation("removed")),
    "whitespace_split": lambda: marks(pre_tokenizers.WhitespaceSplit()),
    "whitespace": lambda: marks(pre_tokenizers.Whitespace()),
    "nfc": lambda: marks(None, normalizers.NFC()), "nfd": lambda: marks(None, normalizers.NFD()),
    "nfkc": lambda: marks(None, normalizers.NFKC()), "nfkd": lambda: marks(None, normalizers.NFKD()),
    "lower": lambda: marks(None, normalizers.Lowercase()), "accents": lambda: marks(None, normalizers.StripAccents()),
    "strip": lambda: marks(None, normalizers.Strip()),
    "bert_clean": lambda: marks(None, normalizers.BertNormalizer(True, False, False, False)),
    "bert_chinese": lambda: marks(None, normalizers.BertNormalizer(False, True, False, False)),
    "bert_accents": lambda: marks(None, normalizers.BertNormalizer(False, False, True, False)),
}


def every_character(t, path):
    """One case for each run of 16 code points, without the planes that are empty."""
    with open(path, "w", encoding="utf-8") as f:
        for begin in [*range(0, 0x33800, 16), *range(0xE0000, 0xE0200, 16)]:
            text = "".join(f"x{chr(c)}" for c in range(begin, begin + 16) if not 0xD800 <= c < 0xE000)
            ids = t.encode(text).ids
            f.write(json.dumps({"text": text, "ids": ids, "plain": ids, "decoded": t.decode(ids),
                                "decoded_all": t.decode(ids)}) + "\n")


BERT = normalizers.BertNormalizer
TRAINED = {
    "gpt2": gpt2, "roberta": roberta, "llama3": llama3, "qwen2": qwen2, "starcoder": starcoder, "deepseek3": deepseek3,
    "tekken": tekken, "falcon": falcon, "llama2": llama2, "suffixes": suffixes, "split_behaviours": split_behaviours,
    "metaspace_first": lambda: metaspace("first", False), "metaspace_always": lambda: metaspace("always", True),
    "metaspace_never": lambda: metaspace("never", True, fallback=False, fuse_unk=False),
    "bert": lambda: word_piece(BERT(), max_input_chars_per_word=20),
    "bert_cased": lambda: word_piece(BERT(lowercase=False, strip_accents=False, handle_chinese_chars=False)),
}
REAL = {"gpt-2": "gpt-2", "llama-bpe": "llama-bpe", "qwen2": "qwen2", "deepseek-llm": "deepseek-llm",
        "starcoder": "starcoder", "llama-spm": "llama-spm", "phi-3": "llama-spm", "bert-bge": "bert"}


def whole_runs(tokens):
    """Whether each run of <0x..> is valid UTF-8: only then the reference keeps its characters (see tokenizer.h)."""
    run = bytearray()
    for token in tokens + [""]:
        if len(token) == 6 and token.startswith("<0x"):
            run.append(int(token[3:5], 16))
            continue
        try:
            run.decode("utf-8")
        except UnicodeDecodeError:
            return False
        run.clear()
    return True


def old_characters(text):
    """BERT's parts of the reference have the character classes of an older Unicode than its other parts."""
    return "".join(c for c in text if unicodedata.ucd_3_2_0.category(c) != "Cn" or ord(c) >= 0x1F000)


def cases(t, path, count, seed):
    rng = random.Random(seed)
    with open(path, "w", encoding="utf-8") as f:
        for text in texts.texts(seed, count):
            if t.normalizer is not None and "Bert" in str(t.normalizer):
                text = old_characters(text)
            ids = t.encode(text).ids
            t.encode_special_tokens = True
            plain = t.encode(text, add_special_tokens=False).ids
            t.encode_special_tokens = False
            f.write(json.dumps({"text": text, "ids": ids, "plain": plain, "decoded": t.decode(ids),
                                "decoded_all": t.decode(ids, skip_special_tokens=False)}, ensure_ascii=True) + "\n")
        for _ in range(count // 4):
            ids = [rng.randrange(t.get_vocab_size()) for _ in range(rng.randrange(1, 30))]
            if whole_runs([t.id_to_token(i) or "" for i in ids]):
                f.write(json.dumps({"ids": ids, "decoded": t.decode(ids),
                                    "decoded_all": t.decode(ids, skip_special_tokens=False)}) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", nargs="?", default=HERE)
    parser.add_argument("--cases", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real")
    parser.add_argument("--characters", action="store_true")
    args = parser.parse_args()
    if tokenizers.__version__ != VERSION:
        sys.exit(f"tokenizers {VERSION} is wanted, {tokenizers.__version__} is here")
    os.makedirs(args.out, exist_ok=True)
    for name, what in (REAL if args.real else CHARACTERS if args.characters else TRAINED).items():
        path = os.path.join(args.out, name + ".json")
        if args.real:
            gguf = os.path.join(args.real, "vocabs", f"ggml-vocab-{name}.gguf")
            subprocess.run([sys.executable, os.path.join(HERE, "gguf_to_tokenizer_json.py"), gguf, what, path], check=True)
        elif not os.path.exists(path):  # training is not reproducible to the byte: made once
            what().save(path, pretty=False)
        if args.characters:
            every_character(Tokenizer.from_file(path), os.path.join(args.out, name + ".jsonl"))
            continue
        cases(Tokenizer.from_file(path), os.path.join(args.out, name + ".jsonl"), args.cases, args.seed)


main()
