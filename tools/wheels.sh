#!/usr/bin/env bash
# Builds both wheels and installs them into an empty environment, as a stranger would; then asks both for their version.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1 work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in sesbox sendwell; do
  "$venv/bin/python" -m build --quiet --no-isolation --wheel --outdir "$work/dist" "$program"
done
"$venv/bin/python" -m venv "$work/empty"
"$work/empty/bin/pip" --quiet --disable-pip-version-check install "$work"/dist/sesbox-*.whl
"$work/empty/bin/sesbox" --version
"$work/empty/bin/python" -c 'import importlib.util, sys; sys.exit(any(importlib.util.find_spec(n) for n in ("django", "botocore")))'
"$work/empty/bin/pip" --quiet --disable-pip-version-check install --require-hashes -r requirements/run.txt
"$work/empty/bin/pip" --quiet --disable-pip-version-check install --no-deps "$work"/dist/sendwell-*.whl
(cd "$work" && SENDWELL_DATA_DIR="$work/data" "$work/empty/bin/sendwell" version && SENDWELL_DATA_DIR="$work/data" "$work/empty/bin/sendwell" migrate)
echo "wheels: both build and install into an empty environment"
