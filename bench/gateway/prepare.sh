#!/usr/bin/env bash
# Installs the gateways that compare.py puts beside Ferry, from their registries, into a folder outside the repository:
#
#   bench/gateway/prepare.sh CACHE
#
# Needs python3-venv, Node.js from 20 on with npm, and some 800 MB.
set -euo pipefail
cache=$(realpath -m "${1:?which folder?}")
portkey=1.15.2
litellm=1.106.2

# With newer versions of its HTTP server, which its package allows, it answers no streams ("TypeError: immutable").
mkdir -p "$cache/portkey"
cat >"$cache/portkey/package.json" <<EOF
{
  "private": true,
  "dependencies": {"@portkey-ai/gateway": "$portkey"},
  "overrides": {"@hono/node-server": "1.3.3"}
}
EOF
npm install --prefix "$cache/portkey" --no-audit --no-fund

[ -x "$cache/litellm/bin/python" ] || python3 -m venv "$cache/litellm"
"$cache/litellm/bin/pip" install --quiet --disable-pip-version-check "litellm[proxy]==$litellm"
