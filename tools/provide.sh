#!/usr/bin/env bash
# Installs what the tests need from Debian's packages if it may (root, apt-get); else says what will be skipped and why.
set -uo pipefail
cd "$(dirname "$0")/.."
venv=$1
missing=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
command -v chromium >/dev/null 2>&1 || missing+=(chromium)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing from Debian's packages: ${missing[*]}"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 \
      || echo "apt-get could not install: ${missing[*]}"
  fi
fi
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo "NOTE: no PostgreSQL server here: tests marked postgres are skipped (Debian: apt-get install postgresql)"
command -v chromium >/dev/null 2>&1 || echo "NOTE: no Chromium here: browser tests are skipped (Debian: apt-get install chromium)"
if [ ! -e .venv-awscli/.done ] || [ requirements/awscli.txt -nt .venv-awscli/.done ]; then
  "$venv/bin/python" -m venv .venv-awscli \
    && .venv-awscli/bin/pip --quiet --disable-pip-version-check install --require-hashes -r requirements/awscli.txt \
    && touch .venv-awscli/.done \
    || echo "NOTE: the AWS CLI could not be installed: tests marked awscli are skipped"
fi
