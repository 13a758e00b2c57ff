#!/usr/bin/env bash
# Rewrites requirements/*.txt (pinned, hashed, no registry addresses) from the two pyproject.toml files and requirements/*.in.
# Needs uv on the PATH; nothing else in the project does.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate "$@"; }
run=$(mktemp) && trap 'rm -f "$run"' EXIT
python3 - sesbox/pyproject.toml sendwell/pyproject.toml > "$run" <<'PY'
import sys, tomllib
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        for line in tomllib.load(file)["project"]["dependencies"]:
            if not line.startswith("sesbox"):
                print(line)
PY
compile "$run" -o requirements/run.txt
compile "$run" requirements/dev.in -c requirements/run.txt -o requirements/dev.txt
compile requirements/build.in -o requirements/build.txt
compile requirements/awscli.in -o requirements/awscli.txt
compile requirements/bench.in -o requirements/bench.txt
