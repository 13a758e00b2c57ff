"""Topic policies: who may publish."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sesbox.operations.topics import default_policy
from sesbox.rules import policies

ARN = "arn:aws:sns:us-east-1:123456789012:events"
KEYS = {
    "aws:SourceAccount": "123456789012",
    "aws:SourceArn": "arn:aws:ses:us-east-1:123456789012:configuration-set/cs",
}
SES = {"Service": "ses.amazonaws.com"}


def statement(**changes: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": SES, "Action": "sns:Publish", "Resource": ARN} | changes


def allowed(*statements: dict[str, Any]) -> bool:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return policies.service_may(text, policies.SES, policies.PUBLISH, ARN, KEYS)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"Action": ["SNS:Subscribe", "SNS:Publish"]}, True),
        ({"Action": "SNS:*"}, True),
        ({"Action": "*"}, True),
        ({"Action": "SNS:Subscribe"}, False),
        ({"Action": None}, False),
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"Service": ["s3.amazonaws.com", "ses.amazonaws.com"]}}, True),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, False),
        ({"Principal": {"AWS": "123456789012"}}, False),
        ({"Principal": None}, False),
        ({"Resource": "*"}, True),
        ({"Resource": "arn:aws:sns:us-east-1:123456789012:ev?nt*"}, True),
        ({"Resource": ARN + "x"}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": ["1", "123456789012"]}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}, False),
        ({"Condition": {"StringEquals": {"aws:SourceOwner": "123456789012"}}}, False),
        ({"Condition": {"StringEqualsIfExists": {"aws:SourceOwner": "123456789012"}}}, True),
        ({"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "1"}}}, False),
        ({"Condition": {"StringLike": {"aws:SourceArn": "arn:aws:ses:*:configuration-set/*"}}}, True),
        ({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:ses:*:*:identity/*"}}}, False),
        ({"Condition": {"ArnEquals": {"aws:SourceArn": KEYS["aws:SourceArn"]}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}}}, True),
        ({"Condition": {"StringNotLike": {"aws:SourceArn": "*cs"}}}, False),
        ({"Condition": {"StringEqualsIgnoreCase": {"aws:SourceAccount": "123456789012"}}}, True),
        ({"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}}, False),
        (
            {
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                    "ArnLike": {"aws:SourceArn": "arn:aws:ses:eu-*"},
                }
            },
            False,
        ),
    ],
)
def test_one_statement(changes: dict[str, Any], expected: bool) -> None:
    assert allowed(statement(**changes)) is expected


def test_a_denial_wins_whatever_its_place() -> None:
    assert not allowed(statement(), statement(Effect="Deny"))
    assert not allowed(statement(Effect="Deny", Principal="*"), statement())


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"Statement": []}', '{"Statement": ["x"]}'])
def test_what_is_no_policy_allows_nothing(text: str) -> None:
    assert policies.parse(text) is None
    assert not policies.service_may(text, policies.SES, policies.PUBLISH, ARN, KEYS)


def test_the_default_policy_keeps_ses_out() -> None:
    assert not policies.service_may(default_policy(ARN, "123456789012"), policies.SES, policies.PUBLISH, ARN, KEYS)
