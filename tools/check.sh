#!/usr/bin/env bash
# Everything that needs no running service: format, lint, types, import contracts, sizes, migrations, generated pages.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1/bin
export SENDWELL_DATA_DIR=$(mktemp -d) DJANGO_SETTINGS_MODULE=sendwell.settings
trap 'rm -rf "$SENDWELL_DATA_DIR"' EXIT
"$bin/ruff" format --check .
"$bin/ruff" check .
"$bin/mypy" sesbox/src sendwell/src tools/*.py
"$bin/lint-imports"
"$bin/python" tools/check_size.py
"$bin/python" tools/support_table.py --check
"$bin/python" tools/settings_table.py --check
"$bin/python" -m django check --fail-level WARNING
"$bin/python" -m django makemigrations --check --dry-run
