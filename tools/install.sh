#!/usr/bin/env bash
# Makes the environment VENV (from PYTHON) with the hashed requirements of `run` or `dev`, and both programs in it.
set -euo pipefail
python=$1 venv=$2 set=$3
cd "$(dirname "$0")/.."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "sendwell needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
if [ ! -x "$venv/bin/pip" ]; then
  "$python" -m venv "$venv" || { echo "python3 -m venv failed: on Debian, run 'apt-get install python3-venv' and try again" >&2; exit 1; }
fi
pip() { "$venv/bin/pip" --disable-pip-version-check --quiet "$@"; }
echo "Installing into $venv (a minute the first time) ..."
pip install --require-hashes -r "requirements/$set.txt"
pip install --require-hashes -r requirements/build.txt
pip install --no-deps --no-build-isolation -e sesbox -e sendwell
touch "$venv/.$set"
if [ "$set" = dev ]; then touch "$venv/.run"; fi
