"""Ferry's tokenizer against the Python package `tokenizers`: encoding speed on one thread, interleaved, in CPU time (so that a busy
machine does not matter).

    python compare.py BENCH_PROGRAM DATA_DIR [--rounds N]

BENCH_PROGRAM is build/.../infer_tokenizer_bench, DATA_DIR has vocabs/ and text/. Prints the median of the
rounds in MB/s, and the ratio. Both sides read the same tokenizer.json and the same megabytes.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "..", "tests", "golden", "tokenizer")
sys.path.insert(0, GOLDEN)

import tokenizers  # noqa: E402

import texts  # noqa: E402

VOCABS = {"llama-bpe": "llama-bpe", "qwen2": "qwen2", "llama-spm": "llama-spm"}
SIZES = (1_000, 1_000_000)


def text_of(data):
    """Two megabytes: plain English, and the goldens' mixture of scripts, code and runs."""
    with open(os.path.join(data, "text", "tinyshakespeare.txt"), encoding="utf-8") as f:
        english = f.read()[:1_000_000]
    mixed = "\n".join(texts.texts(3, 2600))
    return english + mixed.encode()[:1_000_000].decode("utf-8", errors="ignore")


def pieces_of(text, size):
    """Pieces of `size` bytes; Ferry reads what a cut character leaves as U+FFFD, and so does this."""
    raw = text.encode()
    return [raw[i:i + size].decode("utf-8", errors="replace") for i in range(0, len(raw), size)]


def reference_mb_per_s(tokenizer, pieces, total):
    start = time.process_time()
    for piece in pieces:
        tokenizer.encode(piece)
    return total / (time.process_time() - start) / 1e6


def ferry_mb_per_s(program, folder, name, size):
    out = subprocess.run([program, f"--benchmark_filter=^encode/{name}.json/{size}$", "--benchmark_format=json",
                          "--benchmark_min_time=0.3"], env={**os.environ, "FERRY_TOKENIZER_BENCH": folder},
                         capture_output=True, check=True).stdout
    return json.loads(out)["benchmarks"][0]["bytes_per_second"] / 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("data")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    text = text_of(args.data)
    total = len(text.encode())
    for name, family in VOCABS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name + ".json")
            gguf = os.path.join(args.data, "vocabs", f"ggml-vocab-{name}.gguf")
            subprocess.run([sys.executable, os.path.join(GOLDEN, "gguf_to_tokenizer_json.py"), gguf, family, path],
                           check=True)
            with open(os.path.join(folder, "text.txt"), "w", encoding="utf-8", newline="") as f:
                f.write(text)
            reference = tokenizers.Tokenizer.from_file(path)
            for size in SIZES:
                pieces = pieces_of(text, size)
                ours, theirs = [], []
                for _ in range(args.rounds):
                    theirs.append(reference_mb_per_s(reference, pieces, total))
                    ours.append(ferry_mb_per_s(args.program, folder, name, size))
                a, b = statistics.median(ours), statistics.median(theirs)
                print(f"{name:10} {size:8} bytes a call: ferry {a:7.1f} MB/s, tokenizers {b:6.2f} MB/s, ratio {a / b:.1f}",
                      flush=True)


main()
