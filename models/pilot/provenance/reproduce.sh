#!/bin/sh
# Makes the held-out set, trains pilot into WORK/model and scores it. Usage: reproduce.sh WORK
set -eu
work=$(realpath -m "$1")
cd "$(dirname "$0")"
export OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0
python generator.py
python disjoint.py
python train.py --threads 2 --work "$work" --out "$work/model"
python evaluate.py --model "$work/model"
python baseline.py
