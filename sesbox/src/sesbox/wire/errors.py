"""Errors on the wire, in the three dialects: SES v1 and SNS (XML), SES v2 (JSON and headers).

Lives here: which code, status and document an AwsError becomes. Must not live here: deciding that there is an error.
Codes and statuses come from the models; the tables below hold only what no model lists. Sources: the guides'
"Common errors" pages; v1 and v2 share one core, so codes of the one are translated for the other here, once.
"""

from __future__ import annotations

import json

from sesbox.refusal import AwsError
from sesbox.wire.model import ErrorModel, OperationModel, Service
from sesbox.wire.query import text
from sesbox.wire.request import Answer

TO_V2 = {
    "InvalidParameterValue": "BadRequestException",
    "InvalidTemplate": "BadRequestException",
    "ValidationError": "BadRequestException",
    "InvalidRenderingParameter": "BadRequestException",
    "MissingRenderingAttribute": "BadRequestException",
    "FromEmailAddressNotVerified": "NotFoundException",
    "AccountSendingPausedException": "SendingPausedException",
    "ConfigurationSetSendingPausedException": "SendingPausedException",
    "Throttling": "TooManyRequestsException",
    "LimitExceeded": "LimitExceededException",
    "AccessDenied": "AccessDeniedException",
    "InternalFailure": "InternalServiceErrorException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "ExpiredToken": "ExpiredTokenException",
    "InvalidAction": "UnknownOperationException",
}
TO_V1 = {
    "BadRequestException": "InvalidParameterValue",
    "ConflictException": "InvalidParameterValue",
    "NotFoundException": "InvalidParameterValue",
    "TooManyRequestsException": "Throttling",
    "LimitExceededException": "Throttling",
    "SendingPausedException": "AccountSendingPausedException",
    "AccountSuspendedException": "MessageRejected",
    "AccessDeniedException": "AccessDenied",
    "InternalServiceErrorException": "InternalFailure",
}
TO_SNS = {
    "BadRequestException": "InvalidParameter",
    "InvalidParameterValue": "InvalidParameter",
    "AccessDenied": "AuthorizationError",
    "AccessDeniedException": "AuthorizationError",
    "TooManyRequestsException": "Throttled",
    "InternalFailure": "InternalError",
}
UNMODELLED_STATUS = {
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "InternalFailure": 500,
    "UnknownOperationException": 404,
    "NotImplemented": 501,
}


def render(error: AwsError, service: Service, operation: OperationModel | None, request_id: str) -> Answer:
    """The HTTP answer for an error of this service; `operation` is None if it was not known yet."""
    found = resolve(error, service, operation)
    if service.protocol == "query":
        return _xml(found, error.message, service.namespace, request_id)
    return _json(found, error.message, request_id)


def resolve(error: AwsError, service: Service, operation: OperationModel | None) -> ErrorModel:
    """The error in the service's own dialect: shape name, wire code and status."""
    listed = operation.errors if operation is not None else ()
    if error.code in listed:
        return service.errors[error.code]
    code = _translated(error.code, service, listed)
    modelled = service.errors.get(code)
    if modelled is not None:
        return modelled
    return ErrorModel(code, code, error.status or UNMODELLED_STATUS.get(code, 400))


def _translated(code: str, service: Service, listed: tuple[str, ...]) -> str:
    if service.name == "sesv2":
        if code in TO_V2:
            return TO_V2[code]
        if code.endswith(("DoesNotExist", "DoesNotExistException")):
            return "NotFoundException"
        return "AlreadyExistsException" if code.endswith("AlreadyExists") else code
    if service.name == "sns":
        return TO_SNS.get(code, code)
    kinds = {"NotFoundException": "DoesNotExistException", "AlreadyExistsException": "AlreadyExistsException"}
    if code in kinds:
        named = [name for name in listed if name.endswith(kinds[code])]
        return named[0] if named else TO_V1.get(code, code)
    return TO_V1.get(code, code)


def _xml(found: ErrorModel, message: str | None, namespace: str, request_id: str) -> Answer:
    """SES v1: https://docs.aws.amazon.com/ses/latest/APIReference/CommonErrors.html; SNS has the same document."""
    party = "Receiver" if found.status >= 500 else "Sender"
    body = (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{party}</Type><Code>{text(found.code)}</Code>'
        f"<Message>{text(message or '')}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    headers = (("content-type", "text/xml"), ("x-amzn-requestid", request_id))
    return Answer(found.status, headers, body.encode())


def _json(found: ErrorModel, message: str | None, request_id: str) -> Answer:
    """SES v2: the code stands in the header, and the body's key is `message` in lower case, null included."""
    headers = (
        ("content-type", "application/json"),
        ("x-amzn-errortype", found.code),
        ("x-amzn-requestid", request_id),
    )
    return Answer(found.status, headers, json.dumps({"message": message}).encode())
