"""The control plane: SESv2 and SNS by boto3, with explicit credentials and nothing from the machine's AWS files.

Lives here: building clients, time limits, turning AWS's errors into words that a page may show. Must not live here:
which calls make up a set-up (setup.py, account.py), sending (send.py, http.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import boto3
from botocore.config import Config as BotoConfig
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from sendwell.amazon.signing import Credentials

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sns import SNSClient

T = TypeVar("T")
P = ParamSpec("P")

CONNECT_SECONDS, READ_SECONDS = 4, 12
_UNKNOWN_KEY = frozenset({"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"})
_BAD_SIGNATURE = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"})
_ACTION = re.compile(r"perform:? [`']?((?:ses|sns):\w+)")
_SECRETS = re.compile(r"arn:aws[\w-]*:(?:iam|sts)::\S+|\bA(?:KIA|SIA)[A-Z0-9]{12,}\b|Canonical String.*", re.DOTALL)


@dataclass(eq=False)
class AwsError(Exception):
    """A call that AWS refused or that found no answer. `str()` is safe to show: no key, no ARN of a person, no secret.

    `code` is AWS's code, or `no_answer`; `remedy` says what the owner can do, or is empty.
    """

    operation: str
    code: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.text, self.remedy) if part)


class Client:
    """SESv2 and SNS of one account in one region. `endpoint` (deployment only) replaces Amazon's own address."""

    def __init__(self, credentials: Credentials, region: str, endpoint: str = "") -> None:
        self._credentials = credentials
        self.region = region
        self.endpoint = endpoint

    @cached_property
    def ses(self) -> SESV2Client:
        """SESv2, repeating throttled calls: Amazon answers one control-plane call a second."""
        return self._session.client("sesv2", endpoint_url=self.endpoint or None, config=self._config(attempts=5))

    @cached_property
    def ses_once(self) -> SESV2Client:
        """SESv2 without any repetition, for calls that must not be made twice."""
        return self._session.client("sesv2", endpoint_url=self.endpoint or None, config=self._config(attempts=1))

    @cached_property
    def sns(self) -> SNSClient:
        return self._session.client("sns", endpoint_url=self.endpoint or None, config=self._config(attempts=5))

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session(
            aws_access_key_id=self._credentials.access_key_id,
            aws_secret_access_key=self._credentials.secret_access_key,
            aws_session_token=self._credentials.session_token or None,
            region_name=self.region,
        )

    def _config(self, attempts: int) -> BotoConfig:
        settings: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": {"mode": "standard", "total_max_attempts": attempts},
            "ignore_configured_endpoint_urls": True,
            "proxies": {} if self.endpoint else None,
            "user_agent_extra": "sendwell",
        }
        return BotoConfig(**settings)


def call(operation: str, perform: Callable[P, T], *args: P.args, **members: P.kwargs) -> T:
    """Perform one AWS call (`operation` as `ses:GetAccount`); its errors become AwsError."""
    try:
        return perform(*args, **members)
    except ClientError as error:
        raise explain(operation, error) from None
    except ParamValidationError as error:
        raise AwsError(operation, "ValidationError", f"This cannot be sent to AWS: {_clean(str(error))}") from None
    except BotoCoreError as error:
        remedy = "Check the region and this machine's way to the internet; nothing was changed."
        text = f"No answer from AWS to {operation} ({type(error).__name__})."
        raise AwsError(operation, "no_answer", text, remedy) from None


def explain(operation: str, error: ClientError) -> AwsError:
    """AWS's refusal in words that may be shown, with a remedy where one is known."""
    found = error.response.get("Error", {})
    code, text = str(found.get("Code") or "Unknown"), str(found.get("Message") or "")
    if code in _UNKNOWN_KEY:
        remedy = "Check the access key ID, that it is active, and that it belongs to this region's partition."
        return AwsError(operation, code, "AWS does not know this access key ID.", remedy)
    if code in _BAD_SIGNATURE and ("expired" in text or "not yet current" in text):
        return AwsError(operation, code, "AWS says that this machine's clock is wrong.", "Set the clock (NTP).")
    if code in _BAD_SIGNATURE:
        remedy = "Enter it again; a new pair can be made in IAM."
        return AwsError(operation, code, "The secret access key does not belong to this access key ID.", remedy)
    if code in _DENIED:
        action = _ACTION.search(text)
        missing = action[1] if action else operation
        return AwsError(operation, code, f"Missing permission {missing}.", "Allow it in the IAM policy of this key.")
    if code in ("ExpiredTokenException", "ExpiredToken"):
        return AwsError(operation, code, "These temporary credentials have expired.", "Use keys of an IAM user.")
    return AwsError(operation, code, f"AWS refused {operation}: {code}. {_clean(text)}".strip())


def _clean(text: str) -> str:
    return _SECRETS.sub("...", text).strip()[:300]
