"""Where a connection leads: the deployment decides, never a row or a form (SSRF)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sendwell.amazon.signing import ses_endpoint
from sendwell.config import Config
from sendwell.connections.access import NoConnectionError, custom_endpoint
from sendwell.connections.forms import ConnectForm
from sendwell.connections.models import Connection, ConnectionKind

ELSEWHERE = "http://169.254.169.254"
KEYS = {"region": "eu-west-1", "access_key_id": "AKIDEXAMPLE000000000", "secret_access_key": "s" * 40}


def test_no_row_holds_an_address_to_call() -> None:
    named = {field.name for field in Connection._meta.get_fields()}
    assert not {name for name in named if "endpoint" in name or "host" in name}
    assert {name for name in named if "url" in name} == {"signing_certificate_url"}  # compared, never called


def test_amazon_is_called_at_amazons_addresses_whatever_the_deployment_says() -> None:
    assert custom_endpoint(ConnectionKind.AWS, Config(aws_endpoint=ELSEWHERE)) == ""
    assert ses_endpoint("eu-west-1").url == "https://email.eu-west-1.amazonaws.com"


def test_a_custom_endpoint_is_the_deployments() -> None:
    config = Config(aws_endpoint="http://ses.internal:4580/")
    assert custom_endpoint(ConnectionKind.ENDPOINT, config) == "http://ses.internal:4580"
    with pytest.raises(NoConnectionError, match="SENDWELL_AWS_ENDPOINT"):
        custom_endpoint(ConnectionKind.ENDPOINT, Config(aws_endpoint=""))


def test_the_rehearsal_is_where_its_ready_file_says(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, sesbox_port=4999)
    assert custom_endpoint(ConnectionKind.EMBEDDED, config) == "http://127.0.0.1:4999"
    config.sesbox_ready_file.write_text(json.dumps({"endpoint": "http://127.0.0.1:5123"}))
    assert custom_endpoint(ConnectionKind.EMBEDDED, config) == "http://127.0.0.1:5123"


def test_the_form_offers_a_custom_endpoint_only_where_there_is_one_and_takes_none() -> None:
    asked = {**KEYS, "kind": "endpoint", "endpoint": ELSEWHERE, "aws_endpoint": ELSEWHERE}
    assert "kind" in ConnectForm(asked).errors
    form = ConnectForm(asked, custom_endpoint="http://ses.internal:4580")
    assert form.is_valid()
    assert ELSEWHERE not in map(str, form.cleaned_data.values())
    assert "embedded" not in dict(form.fields["kind"].choices)  # type: ignore[attr-defined]
