#!/usr/bin/env bash
# Runs every benchmark; each prints one JSON object. Peers live in .venv-bench. Figures also go to build/bench/;
# those of the last quiet run are kept in benchmarks/results/.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1
if [ ! -x .venv-bench/bin/python ] || [ requirements/bench.txt -nt .venv-bench/.done ]; then
  "$venv/bin/python" -m venv .venv-bench
  .venv-bench/bin/pip --quiet --disable-pip-version-check install --require-hashes -r requirements/bench.txt
  touch .venv-bench/.done
fi
mkdir -p build/bench
export BENCH_PYTHON="$PWD/.venv-bench/bin/python"
for file in benchmarks/*.py; do
  name=$(basename "$file" .py)
  case "$name" in __init__ | common) continue ;; esac
  echo "== $name" >&2
  "$venv/bin/python" -m "benchmarks.$name" | tee "build/bench/$name.json"
done
