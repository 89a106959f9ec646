"""Ferry's embeddings beside sentence-transformers' on the same cores and weights: texts per second, in turns.

    python compare.py FERRY MODEL_DIR [--rounds N] [--threads N]

MODEL_DIR is a sentence encoder's folder, all-MiniLM-L6-v2's say. Ferry is asked over HTTP, tokenising and JSON
included; sentence-transformers in this process, in f32 as it comes; where the package is not installed, transformers in
the same way (sorted by length, batches of 32, padded, mean over the mask, normalised). Prints the medians, their
ratio, and how far the vectors are apart (1 - cosine, the worst).
"""

import argparse
import base64
import json
import os
import pathlib
import re
import statistics
import subprocess
import time
import urllib.request

import numpy as np
import torch

ROOT = pathlib.Path(__file__).parents[2]
BATCH = 32


def corpus():
    """(name, texts, texts of one call). English prose of this repository, as sentences, paragraphs and passages."""
    pages = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
    words = " ".join(page.read_text(encoding="utf-8") for page in pages).split()
    words = [word for word in words if re.fullmatch(r"[A-Za-z][a-z]*[.,;:]?", word)]

    def pieces(size, count):
        return [" ".join(words[i * size % (len(words) - size):][:size]) for i in range(count)]

    for size, one_by_one, in_batches in (12, 96, 512), (60, 48, 192), (180, 24, 64):
        yield f"texts of {size} words, one by one", pieces(size, one_by_one), 1
        yield f"texts of {size} words, {BATCH} together", pieces(size, in_batches), BATCH
    yield "512 texts of 12 words together", pieces(12, 512), 512


class Ferry:
    def __init__(self, program, model, threads):
        self.process = subprocess.Popen([program, "serve", model, "--port", "0", "--threads", str(threads),
                                         "--served-model-name", "m", "--log-level", "error"],
                                        stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http\S+", self.process.stdout.readline()).group()

    def __call__(self, texts):
        body = json.dumps({"model": "m", "input": texts, "encoding_format": "base64", "truncate_prompt_tokens": -1})
        request = urllib.request.Request(f"{self.url}/embeddings", body.encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=600) as answer:
            data = json.load(answer)["data"]
        return np.stack([np.frombuffer(base64.b64decode(item["embedding"]), dtype="<f4") for item in data])

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Transformers:
    """What SentenceTransformer.encode does."""

    name = "transformers"

    def __init__(self, model):
        from transformers import AutoModel, AutoTokenizer
        self.tokenizer = AutoTokenizer.from_pretrained(model)
        self.model = AutoModel.from_pretrained(model).eval()

    @torch.inference_mode()
    def __call__(self, texts):
        order = np.argsort([-len(text) for text in texts])
        parts = []
        for i in range(0, len(order), BATCH):
            batch = self.tokenizer([texts[k] for k in order[i:i + BATCH]], padding=True, truncation=True,
                                   max_length=256, return_tensors="pt")
            hidden = self.model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1).float()
            parts.append(torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1))
        out = np.empty((len(texts), parts[0].shape[1]), dtype=np.float32)
        out[order] = torch.cat(parts).numpy()
        return out


class SentenceTransformers:
    name = "sentence-transformers"

    def __init__(self, model):
        from sentence_transformers import SentenceTransformer
        self.model = SentenceTransformer(model, device="cpu")

    def __call__(self, texts):
        return self.model.encode(texts, batch_size=BATCH, show_progress_bar=False)


def peer_for(model):
    try:
        return SentenceTransformers(model)
    except ImportError:
        return Transformers(model)


def texts_per_second(embed, texts, batch):
    begin = time.perf_counter()
    for i in range(0, len(texts), batch):
        embed(texts[i:i + batch])
    return len(texts) / (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ferry")
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    peer = peer_for(args.model)
    ferry = Ferry(args.ferry, args.model, args.threads)
    try:
        for name, texts, batch in corpus():
            apart = max(1 - float(np.dot(a, b)) for a, b in zip(ferry(texts), peer(texts)))  # both warm
            ours, theirs = [], []
            for _ in range(args.rounds):
                ours.append(texts_per_second(ferry, texts, batch))
                theirs.append(texts_per_second(peer, texts, batch))
            a, b = statistics.median(ours), statistics.median(theirs)
            print(f"{name}: ferry {a:.1f}/s, {peer.name} {b:.1f}/s, ratio {a / b:.2f}; apart {apart:.1e}", flush=True)
    finally:
        ferry.stop()


main()
