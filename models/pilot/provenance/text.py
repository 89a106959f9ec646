"""Tokenizer and chat template of the pilot model."""

from __future__ import annotations

import re

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
# Merges are learned with capitals set apart, so that a capitalised name is cut
# into the same pieces with and without a space before it.
LEARNING_PATTERN = r" ?\p{Lu}| ?\p{Ll}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+"

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
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(LEARNING_PATTERN), "isolated"), byte_level]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=[PAD, START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    sample = training_chunk(seed, -1, 30000, 0.0)
    texts = (
        message["content"]
        for example in sample
        for message in [*example.messages, {"content": "user\nassistant\nsystem"}]
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(PATTERN), "isolated"), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in (PAD, START, END)])
    return tokenizer


def letter_pieces(tokenizer: Tokenizer) -> list[str]:
    """The letter sequences of a vocabulary, in lower case."""
    tokens = (token.removeprefix("\u0120") for token in tokenizer.get_vocab())
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
