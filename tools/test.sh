#!/usr/bin/env bash
# The README's test command: everything, on real services. Arguments after the environment go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1
shift
tools/provide.sh "$venv"
SENDWELL_DATA_DIR=$(mktemp -d)
export SENDWELL_DATA_DIR
trap 'rm -rf "$SENDWELL_DATA_DIR"' EXIT
"$venv/bin/python" tools/services.py -- "$venv/bin/pytest" -q --durations=10 "$@"
