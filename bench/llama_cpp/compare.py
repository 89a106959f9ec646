#!/usr/bin/env python3
"""Ferry beside llama.cpp on the same random weights: prompts, and answers at several batch sizes.

    compare.py FERRY LLAMA_BIN [--shape llama-3.2-1b] [--types q8_0,q4_0,bf16] [--threads 2] [--rounds 3]
                                [--arithmetic int8]

LLAMA_BIN is the folder with llama-bench and llama-batched-bench. The PyPI package llama-cpp-python carries
llama.cpp's sources:

    pip download --no-deps --no-binary :all: llama-cpp-python==0.3.36 && tar xzf llama_cpp_python-0.3.36.tar.gz
    CC=clang-16 CXX=clang++-16 cmake -G Ninja -S llama_cpp_python-0.3.36/vendor/llama.cpp -B llama \\
      -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DGGML_OPENMP=OFF -DBUILD_SHARED_LIBS=OFF \\
      -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_BUILD_TESTS=OFF
    ninja -C llama llama-bench llama-batched-bench

The two take turns; a cell is the median of the rounds. Prints Markdown.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

PROMPT = 512
CONTEXT = 128
ANSWER = 16
BATCHES = [1, 8, 32]


def output_of(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def ferry_round(ferry, model, threads, arithmetic):
    """{case: tokens per second}"""
    batches = ",".join(map(str, BATCHES))
    report = json.loads(output_of(ferry, "bench", model, "--threads", threads, "--prompt", PROMPT, "--batch", batches,
                                  "--context", CONTEXT, "--seconds", 1, "--keep-packed=false", "--arithmetic", arithmetic,
                                  "--json"))
    return {(r["phase"], r["batch"]): r["tokens_per_s"] for r in report["results"]}


def llama_round(folder, model, threads):
    prefill = json.loads(output_of(folder / "llama-bench", "-m", model, "-p", PROMPT, "-n", 0, "-r", 1, "-t", threads,
                                   "-o", "json"))
    rates = {("prefill", 1): prefill[0]["avg_ts"]}
    lines = output_of(folder / "llama-batched-bench", "-m", model, "-npp", CONTEXT, "-ntg", ANSWER, "-npl",
                      ",".join(map(str, BATCHES)), "-c", max(BATCHES) * (CONTEXT + ANSWER), "-t", threads, "-tb", threads,
                      "-b", 2048, "-ub", 512, "--output-format", "jsonl")
    for line in lines.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            rates["decode", row["pl"]] = row["speed_tg"]
    return rates


def medians(rounds):
    return {case: statistics.median(r[case] for r in rounds) for case in rounds[0]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ferry")
    parser.add_argument("llama", type=pathlib.Path)
    parser.add_argument("--shape", default="llama-3.2-1b")
    parser.add_argument("--types", default="q8_0,q4_0,bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--arithmetic", default="bf16", help="Ferry's; llama.cpp rounds activations to int8 for blocks")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    print(f"| {args.shape}, {args.threads} threads, {args.arithmetic} | Ferry tok/s | llama.cpp tok/s | ratio |")
    print("|---|---|---|---|")
    for kind in args.types.split(","):
        with tempfile.TemporaryDirectory() as folder:
            model = pathlib.Path(folder) / f"{kind}.gguf"
            output_of(args.ferry, "bench", "--shape", args.shape, "--type", kind, "--write", model)
            own, peer = [], []
            for _ in range(args.rounds):
                own.append(ferry_round(args.ferry, model, args.threads, args.arithmetic))
                peer.append(llama_round(args.llama, model, args.threads))
            mine, theirs = medians(own), medians(peer)
        for phase, batch in [("prefill", 1)] + [("decode", b) for b in BATCHES]:
            what = f"{kind}, prompt of {PROMPT}" if phase == "prefill" else f"{kind}, {batch} streams at {CONTEXT}"
            ours, other = mine[phase, batch], theirs[phase, batch]
            print(f"| {what} | {ours:.1f} | {other:.1f} | {ours / other:.2f} |", flush=True)


if __name__ == "__main__":
    main()
