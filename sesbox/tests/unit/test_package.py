"""What travels in the wheel, and what must not be needed to run it."""

import ast
from importlib import resources
from pathlib import Path

import sesbox
from sesbox.wire.model import SERVICES

FOREIGN = {"botocore", "boto3", "django", "sendwell", "moto", "requests"}


def test_nothing_of_boto_or_django_is_imported() -> None:
    folder = Path(str(sesbox.__file__)).parent
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & FOREIGN, file


def test_the_models_and_where_they_come_from_are_in_the_package() -> None:
    folder = resources.files("sesbox.wire").joinpath("models")
    assert {item.name for item in folder.iterdir()} == {f"{name}.json.gz" for name in SERVICES} | {"README.md"}
    assert "botocore" in folder.joinpath("README.md").read_text(encoding="utf-8")
