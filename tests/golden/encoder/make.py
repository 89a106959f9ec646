#!/usr/bin/env python3
"""Makes the goldens of embeddings and scores: tiny random models, whole as sentence-transformers stores them, and what
transformers computes with them.

    python make.py        needs torch, transformers, tokenizers, numpy

Each case is a folder; beside it lie
  <case>.json      texts with their tokens and embeddings, or pairs with their tokens, types, logits and scores;
                   of encoders sequences of random tokens, with types, whose hidden states are in
  <case>.hidden    float32, little-endian, [rows of all sequences, hidden size]
manifest.json records versions and hashes.

Weights are drawn so that every term matters, each a number that BF16 holds.
"""

import hashlib
import json
import pathlib
import shutil

import numpy as np
import tokenizers
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (BertConfig, BertForMaskedLM, BertForSequenceClassification, BertModel, DistilBertConfig,
                          DistilBertForMaskedLM, Qwen3Config, Qwen3Model, RobertaConfig,
                          RobertaForSequenceClassification, RobertaModel)

HERE = pathlib.Path(__file__).parent
TEXTS = ["The ferry crosses at noon.", "When does the boat leave?", "a", "Café naïve, 100% sure!",
         "My invoice shows the wrong amount; please correct it and send it again. " * 8]
PAIRS = [("When does the boat leave?", "The ferry crosses at noon."), ("boat", "invoice"),
         ("please correct it", "My invoice shows the wrong amount; please correct it and send it again. " * 6)]
LENGTHS = [1, 2, 15, 16, 17, 40, 290]  # the last crosses position 256
SIZES = dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
             attn_implementation="eager")


def word_pieces():
    words = "the ferry boat leave invoice amount correct please when does at noon and it my send again wrong".split()
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789")
    marks = list(".,;:?!%'\"()-/")
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters + ["##" + c for c in letters] + marks + words
    vocab += ["##s", "##es", "##ing"]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(vocab))}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])])
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def byte_pairs():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=specials, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


def ended_byte_pairs():
    tokenizer = byte_pairs()
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 2)])])
    return tokenizer


def bert_config(**more):
    return BertConfig(vocab_size=word_pieces().get_vocab_size(), max_position_embeddings=300, **SIZES, **more)


def roberta_config(**more):
    return RobertaConfig(vocab_size=byte_pairs().get_vocab_size(), max_position_embeddings=302, pad_token_id=1,
                         type_vocab_size=1, layer_norm_eps=1e-5, bos_token_id=0, eos_token_id=2, **SIZES, **more)


def distilbert_config():
    return DistilBertConfig(vocab_size=word_pieces().get_vocab_size(), max_position_embeddings=300, dim=64, n_layers=2,
                            n_heads=4, hidden_dim=96, attn_implementation="eager")


def qwen3_config():
    return Qwen3Config(vocab_size=byte_pairs().get_vocab_size(), max_position_embeddings=400, num_key_value_heads=2,
                       head_dim=16, tie_word_embeddings=False, bos_token_id=0, eos_token_id=2, **SIZES)


SIGMOID = {"sentence_transformers": {"activation_fn": "torch.nn.modules.activation.Sigmoid"}}
IDENTITY = {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}
# name: (class, configuration, tokenizer, pooling or None, normalised, changes of config.json)
CASES = {
    "bert_mean": (BertModel, bert_config, word_pieces, "mean", True, {}),
    "bert_cls": (BertForMaskedLM, bert_config, word_pieces, "cls", False, {}),
    "roberta_mean": (RobertaModel, roberta_config, byte_pairs, "mean", False, {}),
    "distilbert_mean": (DistilBertForMaskedLM, distilbert_config, word_pieces, "mean", True, {}),
    "qwen3_last": (Qwen3Model, qwen3_config, ended_byte_pairs, "lasttoken", True, {}),
    "bert_rank": (BertForSequenceClassification, bert_config, word_pieces, None, False, IDENTITY),
    "roberta_rank": (RobertaForSequenceClassification, roberta_config, byte_pairs, None, False, SIGMOID),
}


def draw(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 1 and name.endswith("weight"):
                value = 1 + 0.2 * noise
            elif name.endswith("bias"):
                value = 0.3 * noise
            elif "embed" in name:
                value = noise * (1.0 if "word" in name or "tokens" in name else 0.5)
            else:
                value = (2.0 if "query" in name or "key" in name else 1.2) / parameter.shape[1] ** 0.5 * noise
            parameter.copy_(value.to(torch.bfloat16).float())
    return model


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_steps(folder, steps):
    write_json(folder / "modules.json",
               [dict(idx=i, name=str(i), path=path, type=kind) for i, (path, kind) in enumerate(steps)])


def write_pooling(folder, pooling, normalised, length):
    kinds = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token"}
    steps = [("", "Transformer"), ("1_Pooling", "Pooling")] + ([("2_Normalize", "Normalize")] if normalised else [])
    write_steps(folder, [(path, f"sentence_transformers.models.{kind}") for path, kind in steps])
    write_json(folder / "1_Pooling/config.json", dict(word_embedding_dimension=SIZES["hidden_size"],
                                                      **{key: kind == pooling for kind, key in kinds.items()}))
    write_json(folder / "sentence_bert_config.json", dict(max_seq_length=length, do_lower_case=False))


def write_pooling_as_since_6(folder, pooling, length):
    """Since its version 6, sentence-transformers spells these otherwise, and leaves the length to the tokenizer."""
    module = "sentence_transformers.sentence_transformer.modules"
    write_steps(folder, [("", "sentence_transformers.base.modules.transformer.Transformer"),
                         ("1_Pooling", f"{module}.pooling.Pooling"), ("2_Normalize", f"{module}.normalize.Normalize")])
    write_json(folder / "1_Pooling/config.json",
               dict(embedding_dimension=SIZES["hidden_size"], pooling_mode=pooling, include_prompt=True))
    write_json(folder / "sentence_bert_config.json", dict(transformer_task="feature-extraction"))
    write_json(folder / "tokenizer_config.json", dict(model_max_length=length))


def hidden_states(model, tokens, types):
    base = getattr(model, model.base_model_prefix, model)
    typed = dict(token_type_ids=torch.tensor([types])) if hasattr(model.config, "type_vocab_size") else {}
    with torch.no_grad():
        return base(torch.tensor([tokens]), **typed).last_hidden_state[0]


def embeddings(model, tokenizer, pooling, normalised):
    for text in TEXTS:
        tokens = tokenizer.encode(text).ids
        hidden = hidden_states(model, tokens, [0] * len(tokens))
        vector = hidden.mean(0) if pooling == "mean" else hidden[0 if pooling == "cls" else -1]
        vector = torch.nn.functional.normalize(vector, dim=0) if normalised else vector
        yield dict(text=text, tokens=tokens, embedding=[round(float(x), 7) for x in vector])


def scores(model, tokenizer, sigmoid):
    for first, second in PAIRS:
        both = tokenizer.encode(first, second)
        cut = Tokenizer.from_str(tokenizer.to_str())
        cut.enable_truncation(24)
        with torch.no_grad():
            logit = model(torch.tensor([both.ids]), token_type_ids=torch.tensor([both.type_ids])).logits[0, 0]
        score = torch.sigmoid(logit) if sigmoid else logit
        yield dict(first=first, second=second, tokens=both.ids, types=both.type_ids,
                   cut_to_24=cut.encode(first, second).ids, score=float(score))


def make(name):
    model_class, config, tokenizer, pooling, normalised, changes = CASES[name]
    tokenizer = tokenizer()
    labels = {} if pooling else dict(num_labels=1)
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")
    model = draw(model_class(config(**labels)).float().eval(), seed)
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    stored = model_class(config(**labels))
    stored.load_state_dict(model.state_dict())
    stored.to(torch.bfloat16).save_pretrained(folder)
    write_json(folder / "config.json", json.loads((folder / "config.json").read_text()) | changes)
    tokenizer.save(str(folder / "tokenizer.json"))
    for extra in ("generation_config.json",):
        (folder / extra).unlink(missing_ok=True)

    if pooling == "lasttoken":
        write_pooling_as_since_6(folder, pooling, 280)
        return write_json(HERE / f"{name}.json", dict(texts=list(embeddings(model, tokenizer, pooling, normalised))))
    rng = np.random.default_rng(seed)
    sequences, hidden = [], []
    for length in LENGTHS:
        tokens = rng.integers(0, model.config.vocab_size, length)
        if model.config.model_type == "roberta":
            tokens = np.where(tokens == 1, 5, tokens)  # padding would count as no position
        types = rng.integers(0, getattr(model.config, "type_vocab_size", 1), length)
        sequences.append(dict(tokens=tokens.tolist(), types=types.tolist()))
        hidden.append(hidden_states(model, tokens.tolist(), types.tolist()))
    expected = dict(sequences=sequences)
    if pooling:
        write_pooling(folder, pooling, normalised, 280)
        expected["texts"] = list(embeddings(model, tokenizer, pooling, normalised))
    else:
        expected["pairs"] = list(scores(model, tokenizer, "sentence_transformers" in changes))
    write_json(HERE / f"{name}.json", expected)
    torch.cat(hidden).numpy().astype("<f4").tofile(HERE / f"{name}.hidden")


def main():
    for name in CASES:
        make(name)
    files = sorted(p for p in HERE.rglob("*") if p.is_file() and p.name not in ("make.py", "manifest.json"))
    write_json(HERE / "manifest.json",
               dict(versions=dict(torch=torch.__version__, transformers=transformers.__version__,
                                  tokenizers=tokenizers.__version__, numpy=np.__version__),
                    files={str(p.relative_to(HERE)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}))


main()
