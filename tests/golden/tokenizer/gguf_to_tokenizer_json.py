"""Writes the vocabulary of a GGUF file as tokenizer.json, with the pipeline that the model's own file has.

    python gguf_to_tokenizer_json.py VOCAB.gguf FAMILY OUT.json

FAMILY: gpt-2, llama-bpe, qwen2, deepseek-llm, starcoder, llama-spm, bert. The result is for comparing
tokenizers on a real vocabulary; it is never committed.
"""
import json
import sys

import gguf

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
# Letters with case: escaped, as editors that normalise text would turn some into others.
CASED = (
    "\u0041-\u005A\u0061-\u007A\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293"
    "\u0295-\u02AF\u0370-\u0373\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1"
    "\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD"
    "\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D"
    "\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC"
    "\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC"
    "\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139"
    "\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3"
    "\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06"
    "\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\U00010400-\U0001044F\U000104B0-\U000104D3"
    "\U000104D8-\U000104FB\U00010C80-\U00010CB2\U00010CC0-\U00010CF2\U000118A0-\U000118DF"
    "\U0001E900-\U0001E943")
DEEPSEEK = [
    r"[\r\n]",
    r"\s?[" + CASED + "]+",
    r"\s?[!-/:-~" + "\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+",
    r"\s+$",
    "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+",
]


def split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def byte_level(add_prefix_space=False, use_regex=False):
    return {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": True, "use_regex": use_regex}


def sequence(parts):
    return {"type": "Sequence", "pretokenizers": parts}


PRE = {
    "gpt-2": byte_level(use_regex=True),
    "llama-bpe": sequence([split(CL100K % "{1,3}"), byte_level()]),
    "qwen2": sequence([split(CL100K % ""), byte_level()]),
    "deepseek-llm": sequence([split(p) for p in DEEPSEEK]
                             + [{"type": "Digits", "individual_digits": True}, byte_level()]),
    "starcoder": sequence([{"type": "Digits", "individual_digits": True}, byte_level(use_regex=True)]),
}


def template(bos, bos_id):
    return {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {bos: {"id": bos, "ids": [bos_id], "tokens": [bos]}}}


def sentencepiece_merges(tokens, scores, types):
    """Every way to put a token together from two others, best score first (as SentencePiece merges)."""
    ids = {t: i for i, t in enumerate(tokens)}
    merges = []
    for i, token in enumerate(tokens):
        if types[i] != 1:
            continue
        for at in range(1, len(token)):
            left, right = ids.get(token[:at]), ids.get(token[at:])
            if left is not None and right is not None and types[left] == 1 and types[right] == 1:
                merges.append((-scores[i], left, right, token[:at], token[at:]))
    merges.sort()
    return [[m[3], m[4]] for m in merges]


def main():
    path, family, out = sys.argv[1:4]
    fields = gguf.GGUFReader(path).fields

    def get(key, default=None):
        return fields[key].contents() if key in fields else default

    tokens = get("tokenizer.ggml.tokens")
    types = get("tokenizer.ggml.token_type")
    added = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": types[i] != 4} for i, t in enumerate(tokens)
             if types[i] in (3, 4) or (types[i] == 2 and family == "llama-spm")]
    doc = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added}
    bos = get("tokenizer.ggml.bos_token_id")
    if family == "llama-spm":
        doc |= {
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
            "pre_tokenizer": None,
            "post_processor": template(tokens[bos], bos),
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
            "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                      "vocab": {t: i for i, t in enumerate(tokens)},
                      "merges": sentencepiece_merges(tokens, get("tokenizer.ggml.scores"), types)}}
    elif family == "bert":
        def spelling(t):
            if t.startswith("[") and t.endswith("]"):
                return t
            return t[1:] if t.startswith("▁") else "##" + t
        doc |= {
            "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                           "strip_accents": None, "lowercase": True},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]},
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100, "vocab": {spelling(t): i for i, t in enumerate(tokens)}}}
    else:
        doc |= {
            "normalizer": None,
            "pre_tokenizer": PRE[family],
            "post_processor": template(tokens[bos], bos) if family == "llama-bpe" else byte_level(True, True),
            "decoder": byte_level(True, True),
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                      "ignore_merges": family == "llama-bpe",
                      "vocab": {t: i for i, t in enumerate(tokens) if types[i] != 4},
                      "merges": get("tokenizer.ggml.merges")}}
    with open(out, "w", encoding="utf-8") as f:
        json.dump(doc, f, ensure_ascii=False)


main()
