"""Copy the AWS service models that sesbox speaks from the installed botocore into its wheel.

    python tools/copy_models.py            copies, and writes down the version
    python tools/copy_models.py --check    fails if the copies differ from what the installed botocore would give

The prose ("documentation") is left out: it is nine tenths of the size and sesbox never reads it.
"""

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import botocore

MODELS = {"ses": "2010-12-01", "sesv2": "2019-09-27", "sns": "2010-03-31"}
TARGET = Path(__file__).parent.parent / "sesbox/src/sesbox/wire/models"
NOTE = """# Service models

`{names}`: copies of `service-2.json` of botocore {version}, without the prose, made by `tools/copy_models.py`.
Do not edit them. botocore is Copyright Amazon.com, Inc. or its affiliates, licensed under the Apache License 2.0.
"""


def without_prose(value: Any) -> Any:
    """The model without its `documentation` texts. Inside `shapes` and `members` the word may be a name: kept."""
    if isinstance(value, dict):
        return {
            key: without_prose(item)
            for key, item in value.items()
            if not (key == "documentation" and isinstance(item, str))
        }
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    return value


def copies() -> dict[str, bytes]:
    """File name -> bytes, as the installed botocore gives them."""
    source = Path(botocore.__file__).parent / "data"
    files = {}
    for name, version in MODELS.items():
        model = json.loads(gzip.decompress((source / name / version / "service-2.json.gz").read_bytes()))
        text = json.dumps(without_prose(model), separators=(",", ":"))
        files[f"{name}.json.gz"] = gzip.compress(text.encode(), mtime=0)
    note = NOTE.format(names="`, `".join(files), version=botocore.__version__)
    return files | {"README.md": note.encode()}


def content(name: str, data: bytes) -> bytes:
    """What is compared: zlib's exact bytes differ between builds of Python."""
    return gzip.decompress(data) if name.endswith(".gz") else data


def main() -> int:
    """Copy or check; 1 if a check found a difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, data in copies().items():
        path = TARGET / name
        if path.exists() and content(name, path.read_bytes()) == content(name, data):
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    if stale:
        print(("stale: " if check else "written: ") + ", ".join(stale))
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
