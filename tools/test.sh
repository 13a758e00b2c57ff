#!/usr/bin/env bash
# The README's test command: everything, on real services. With arguments after the environment, just what they ask
# pytest for. Tests of one program keep to themselves and run two at a time; stories and browsers watch whole
# installations and run alone. Either part's failure is the command's; one line at the end adds up both.
set -euo pipefail
cd "$(dirname "$0")/.."
export TEST_BIN=$1/bin
shift
tools/provide.sh "$(dirname "$TEST_BIN")"
SENDWELL_DATA_DIR=$(mktemp -d) TEST_LOG=$(mktemp -d)
export SENDWELL_DATA_DIR TEST_LOG
trap 'rm -rf "$SENDWELL_DATA_DIR" "$TEST_LOG"' EXIT

part() { # NAME ARGUMENTS...
  echo "== $1"
  "$TEST_BIN/pytest" -q --durations=10 "${@:2}" | tee "$TEST_LOG/$1"
  return "${PIPESTATUS[0]}"
}

both() {
  local status=0
  # in the order of folders: the many small files of `unit` come last and even the two out
  part programs -n 2 --dist loadfile --no-loadscope-reorder sesbox/tests sendwell/tests || status=$?
  part stories story browser || status=$?
  "$TEST_BIN/python" tools/closing_line.py "$TEST_LOG/programs" "$TEST_LOG/stories"
  return $status
}

export -f part both
if [ $# -gt 0 ]; then
  "$TEST_BIN/python" tools/services.py -- "$TEST_BIN/pytest" -q --durations=10 "$@"
else
  "$TEST_BIN/python" tools/services.py -- bash -c both
fi
