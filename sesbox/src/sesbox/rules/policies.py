"""Whether a topic's policy lets a service publish.

Lives here: evaluating a resource policy for one request. Must not live here: topics, IAM users.
Source: IAM User Guide, "Policy evaluation logic" and "Condition operators"; SES Developer Guide,
"configure-sns-notifications" (the statement SES needs).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

SES = "ses.amazonaws.com"
PUBLISH = "sns:publish"


def parse(text: str) -> list[dict[str, Any]] | None:
    """The statements of a policy document, or None if it is no policy."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements or not all(isinstance(item, dict) for item in statements):
        return None
    return statements


def service_may(policy: str, service: str, action: str, resource: str, keys: Mapping[str, str]) -> bool:
    """Whether the policy allows this service principal the action on the resource.

    `keys` are the request's condition keys (`aws:SourceAccount`, `aws:SourceArn`). An explicit Deny wins; without
    an Allow the answer is no, and so it is for a document that cannot be read.
    """
    allowed = False
    lowered = {name.lower(): value for name, value in keys.items()}
    for statement in parse(policy) or ():
        if not _applies(statement, service, action, resource, lowered):
            continue
        if statement.get("Effect") == "Deny":
            return False
        allowed = allowed or statement.get("Effect") == "Allow"
    return allowed


def _applies(statement: Mapping[str, Any], service: str, action: str, resource: str, keys: Mapping[str, str]) -> bool:
    return (
        _principal(statement, service)
        and _action(statement, action)
        and _resource(statement, resource)
        and _conditions(statement.get("Condition"), keys)
    )


def _principal(statement: Mapping[str, Any], service: str) -> bool:
    principal = statement.get("Principal")
    if isinstance(principal, str):
        return principal == "*"
    if not isinstance(principal, dict):
        return False
    return service in _list(principal.get("Service")) or "*" in _list(principal.get("AWS"))


def _action(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not any(_like(pattern, action, True) for pattern in _list(statement["NotAction"]))
    return any(_like(pattern, action, True) for pattern in _list(statement.get("Action")))


def _resource(statement: Mapping[str, Any], resource: str) -> bool:
    if "Resource" not in statement:
        return "NotResource" not in statement
    return any(_like(pattern, resource) for pattern in _list(statement["Resource"]))


def _conditions(conditions: Any, keys: Mapping[str, str]) -> bool:
    if conditions is None:
        return True
    if not isinstance(conditions, dict):
        return False
    return all(
        isinstance(wanted, dict) and all(_condition(operator, name, value, keys) for name, value in wanted.items())
        for operator, wanted in conditions.items()
    )


def _condition(operator: str, name: str, wanted: Any, keys: Mapping[str, str]) -> bool:
    """One key of one operator; an operator that is not known here never matches, so it never allows."""
    word, _, suffix = operator.lower().partition("ifexists")
    given = keys.get(name.lower())
    if given is None:
        return suffix == "" and operator.lower().endswith("ifexists")
    values = [str(value) for value in _list(wanted)]
    if word == "stringequals":
        return given in values
    if word == "stringequalsignorecase":
        return given.lower() in [value.lower() for value in values]
    if word in ("stringlike", "arnlike", "arnequals"):
        return any(_like(value, given) for value in values)
    if word == "stringnotequals":
        return given not in values
    if word in ("stringnotlike", "arnnotlike", "arnnotequals"):
        return not any(_like(value, given) for value in values)
    return False


def _list(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _like(pattern: Any, text: str, ignore_case: bool = False) -> bool:
    expression = "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in str(pattern))
    return re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL) is not None
