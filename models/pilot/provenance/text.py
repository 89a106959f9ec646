"""Tokenizer and chat template of the pilot model."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from generator import Message, training_chunk

PAD, START, END = "<|pad|>", "<|im_start|>", "<|im_end|>"
VOCAB_SIZE = 2048
CONTEXT = 1024

# The pre-tokenizer pattern of Qwen 2: single digits, GPT-2 style words.
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Merges are learned without the space before a word and with capitals set apart,
# and the merges with a space come last. So a word is cut into the same pieces
# after a space, after a quote and at the start of a line, and can be copied.
LEARNING_PATTERN = r"\p{Lu}|\p{Ll}+|\p{N}|[^\s\p{L}\p{N}]+|\s+"
SPACE = "\u0120"
SPACE_MERGES = 800

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' + (message['content'] | trim) + '<|im_end|>' + '\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


def pieces(messages: list[Message]) -> list[tuple[str, bool]]:
    """The rendered conversation, cut where the loss begins and ends."""
    parts = []
    for message in messages:
        content = message["content"].strip() + END
        parts.append((f"{START}{message['role']}\n", False))
        parts.append((content, message["role"] == "assistant"))
        parts.append(("\n", False))
    return parts


def render(messages: list[Message]) -> str:
    return "".join(part for part, _ in pieces(messages))


def train_tokenizer(seed: int) -> Tokenizer:
    """A byte-level BPE learned on a sample of the training stream."""
    sample = training_chunk(seed, -1, 30000, 0.0)
    texts = [message["content"] for example in sample for message in example.messages] + ["user\nassistant\nsystem"]
    learned = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    learned.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(LEARNING_PATTERN), "isolated"), byte_level]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE - SPACE_MERGES,
        special_tokens=[PAD, START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    learned.train_from_iterator(texts, trainer)

    split = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(PATTERN), "isolated"), byte_level])
    learned.pre_tokenizer = split
    model = json.loads(learned.to_str())["model"]
    vocab, merges = model["vocab"], [tuple(merge) for merge in model["merges"]]
    after_space = Counter(
        second
        for encoding in learned.encode_batch(texts)
        for first, second in pairwise(encoding.tokens)
        if first == SPACE and not second.startswith(SPACE)
    )
    for piece, _ in sorted(after_space.items(), key=lambda entry: (-entry[1], entry[0]))[:SPACE_MERGES]:
        vocab[SPACE + piece] = len(vocab)
        merges.append((SPACE, piece))

    tokenizer = Tokenizer(models.BPE(vocab, merges))
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in (PAD, START, END)])
    return tokenizer


def letter_pieces(tokenizer: Tokenizer) -> list[str]:
    """The letter sequences of a vocabulary, in lower case."""
    tokens = (token.removeprefix(SPACE) for token in tokenizer.get_vocab())
    return sorted({token.lower() for token in tokens if re.fullmatch("[A-Za-z]+", token)})


def chat_tokenizer(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """The tokenizer with its chat template, as transformers saves it."""
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[START],
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT,
        chat_template=CHAT_TEMPLATE,
    )
