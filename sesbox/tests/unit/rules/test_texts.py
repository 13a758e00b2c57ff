"""Small rules by table: addresses, identities, tags, the simulator, suppression, DNS, content."""

from __future__ import annotations

import pytest

from sesbox.operations.errors import V1, V2, translated
from sesbox.rules import addresses, admission, content, identities, quota, simulator, suppression, tags, verification
from sesbox.rules.admission import Party, SetState, Standing
from sesbox.rules.refusals import Reason, Refusal, RefusedError, not_in, null, violations


def text_of(refused: pytest.ExceptionInfo[RefusedError]) -> str | None:
    return refused.value.refusal.text


@pytest.mark.parametrize(
    ("supplied", "address"),
    [
        ("a@x.test", "a@x.test"),
        (" a@x.test ", "a@x.test"),
        ("A B <a@x.test>", "a@x.test"),
        ('"B, A" <a@x.test>', "a@x.test"),
        ("<a+b@X.test>", "a+b@X.test"),
        ('"odd one"@x.test'.replace(" ", "_"), '"odd_one"@x.test'),
        ("é <a@xn--nxasmq6b.test>", "a@xn--nxasmq6b.test"),
    ],
)
def test_addresses(supplied: str, address: str) -> None:
    assert addresses.bare(supplied) == address


@pytest.mark.parametrize(
    ("supplied", "text"),
    [
        ("", "Email address not specified."),
        ("a", "Missing final '@domain'"),
        ("a@", "Missing final '@domain'"),
        ("@x.test", "Missing local name"),
        ("a..b@x.test", "Local address contains dot-dot"),
        (".a@x.test", "Local address starts with dot"),
        ("a.@x.test", "Local address ends with dot"),
        ("a,b@x.test", "Local address contains illegal character"),
        ("a\tb@x.test", "Local address contains control or whitespace"),
        ("ü@x.test", "Local address contains control or whitespace"),
        ("a@ü.test", "Domain contains control or whitespace"),
        ("a@x..test", "Domain contains dot-dot"),
        ("a@.test", "Domain starts with dot"),
        ("a@x.test.", "Domain ends with dot"),
        ("a@x_!.test", "Domain contains illegal character"),
        ("a@x.test>", "Invalid email address<a@x.test>>."),
    ],
)
def test_bad_addresses(supplied: str, text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        addresses.bare(supplied)
    assert text_of(refused) == text and not addresses.is_address(supplied)


def test_lists_split_outside_quotes() -> None:
    assert addresses.split('"B, A" <a@x.test>, c@x.test,, d@x.test (x, y)') == [
        '"B, A" <a@x.test>',
        "c@x.test",
        "d@x.test (x, y)",
    ]
    assert addresses.split("  ") == []
    assert addresses.split('"a\\", b" <a@x.test>, c@x.test') == ['"a\\", b" <a@x.test>', "c@x.test"]


def test_who_speaks_for_whom() -> None:
    assert list(identities.candidates("u+l@a.B.test")) == ["u+l@a.B.test", "u@a.B.test", "a.b.test", "b.test", "test"]
    known = {"b.test": "low", "a.b.test": "high"}
    assert identities.speaker("u@a.b.test", known.get, lambda _: True) == "high"
    assert identities.speaker("u@a.b.test", known.get, lambda found: found == "low") == "low"
    assert identities.speaker("u@c.test", known.get, lambda _: True) is None


@pytest.mark.parametrize(
    ("kind", "hours", "expected"),
    [
        ("EMAIL_ADDRESS", 23.9, "PENDING"),
        ("EMAIL_ADDRESS", 24, "FAILED"),
        ("DOMAIN", 71.9, "PENDING"),
        ("DOMAIN", 72, "FAILED"),
    ],
)
def test_verifications_run_out(kind: str, hours: float, expected: str) -> None:
    assert identities.status_now(kind, "PENDING", 0.0, hours * 3600) == expected
    assert identities.status_now(kind, "SUCCESS", 0.0, hours * 3600) == "SUCCESS"


@pytest.mark.parametrize(
    ("status", "found", "hours", "expected"),
    [
        ("PENDING", True, 100, "SUCCESS"),
        ("PENDING", False, 71, "PENDING"),
        ("PENDING", False, 72, "FAILED"),
        ("SUCCESS", False, 1, "TEMPORARY_FAILURE"),
        ("TEMPORARY_FAILURE", False, 1, "TEMPORARY_FAILURE"),
        ("TEMPORARY_FAILURE", True, 1, "SUCCESS"),
        ("FAILED", False, 100, "FAILED"),
        ("FAILED", True, 100, "FAILED"),  # SES searches no more
        ("NOT_STARTED", False, 100, "NOT_STARTED"),
    ],
)
def test_a_search_in_dns(status: str, found: bool, hours: float, expected: str) -> None:
    assert verification.search(status, found, 0.0, hours * 3600) == expected


def test_newer_regions_have_their_own_dkim_zone() -> None:
    assert verification.signing_zone("eu-west-1") == "dkim.amazonses.com"
    assert verification.signing_zone("eu-south-1") == "dkim.eu-south-1.amazonses.com"


def test_tags_of_a_header() -> None:
    assert tags.from_header("a=1, b = 2,c=x=y,") == [("a", "1"), ("b", "2"), ("c", "x=y")]
    assert tags.check([("a", "me@x.test"), ("a", "2")]) == {"a": "me@x.test"}


@pytest.mark.parametrize(
    ("address", "listed", "script", "expected"),
    [
        ("r@x.test", None, None, (True, None, False, None)),
        ("r@x.test", None, "hard-bounce", (False, "General", False, "BOUNCE")),
        ("r@x.test", None, "soft-bounce", (False, "MailboxFull", False, None)),
        ("r@x.test", None, "complain", (True, None, True, "COMPLAINT")),
        ("r@x.test", "BOUNCE", "complain", (False, "OnAccountSuppressionList", False, None)),
        ("r@x.test", "COMPLAINT", None, (False, None, True, None)),
        ("Bounce+x@simulator.amazonses.com", "BOUNCE", "deliver", (False, "General", False, None)),
        ("complaint@SIMULATOR.amazonses.com", None, None, (True, None, True, None)),
        ("ooto@simulator.amazonses.com", None, None, (True, "General", False, None)),
        ("suppressionlist@simulator.amazonses.com", None, None, (False, "Suppressed", False, None)),
        ("whoever@simulator.amazonses.com", None, None, (True, None, False, None)),
    ],
)
def test_fates(
    address: str, listed: str | None, script: str | None, expected: tuple[bool, str | None, bool, str | None]
) -> None:
    found = simulator.fate(address, listed, script)
    sub_type = found.bounce.sub_type if found.bounce else None
    assert (found.delivered, sub_type, found.complaint, simulator.suppression_reason(found)) == expected


def test_suppression_reasons() -> None:
    assert suppression.effective(("BOUNCE",), None) == ("BOUNCE",)
    assert suppression.effective(("BOUNCE",), ()) == ()
    assert suppression.listed_for("BOUNCE", ("COMPLAINT",)) is None
    assert suppression.listed_for(None, ("COMPLAINT",)) is None


def test_long_lists_of_failures_are_cut() -> None:
    many = [Party(f"r{n}@x.test", f"r{n}@x.test") for n in range(60)]
    refusal = admission.check_identities([], many, "eu-west-1", False, lambda _: False, lambda _: False)
    assert refusal is not None and refusal.text is not None
    assert refusal.text.endswith("r49@x.test...") and "EU-WEST-1" in refusal.text


@pytest.mark.parametrize(
    ("standing", "used", "reason"),
    [
        (Standing(True), None, None),
        (Standing(True, shut_down=True, sending_enabled=False), None, Reason.ACCOUNT_SHUT_DOWN),
        (Standing(True, sending_enabled=False), SetState("cs", False), Reason.ACCOUNT_PAUSED),
        (Standing(True), SetState("cs", False), Reason.SET_MISSING),
        (Standing(True), SetState("cs", True, False), Reason.SET_PAUSED),
        (Standing(True), SetState("cs", True), None),
    ],
)
def test_switches(standing: Standing, used: SetState | None, reason: Reason | None) -> None:
    refusal = admission.check_switches(standing, used)
    assert (refusal.reason if refusal else None) is reason


def test_quota_is_asked_before_the_rate() -> None:
    refusal = admission.check_volume(Standing(True, sent_24_hours=200, level=-1.0), 1)
    assert refusal is not None and refusal.reason is Reason.DAILY_QUOTA
    refusal = admission.check_volume(Standing(True, sent_24_hours=200, level=-1.0), 0)
    assert refusal is not None and refusal.reason is Reason.RATE
    assert quota.capacity(0.5) == 1.0


LITERALS = [
    (Reason.RATE, "Throttling", "TooManyRequestsException"),
    (Reason.DAILY_QUOTA, "Throttling", "LimitExceededException"),
    (Reason.ACCOUNT_PAUSED, "AccountSendingPausedException", "SendingPausedException"),
    (Reason.ACCOUNT_SHUT_DOWN, "MessageRejected", "SendingPausedException"),
    (Reason.SET_MISSING, "ConfigurationSetDoesNotExistException", "NotFoundException"),
    (Reason.SET_PAUSED, "ConfigurationSetSendingPausedException", "SendingPausedException"),
    (Reason.MAIL_FROM, "MailFromDomainNotVerifiedException", "MailFromDomainNotVerifiedException"),
    (Reason.UNVERIFIED, "MessageRejected", "MessageRejected"),
    (Reason.INVALID, "InvalidParameterValue", "BadRequestException"),
    (Reason.CONSTRAINT, "ValidationError", "BadRequestException"),
]


def test_every_reason_has_a_code_in_both_apis() -> None:
    assert [reason for reason, _, _ in LITERALS] == list(Reason)
    for reason, old, new in LITERALS:
        refusal = Refusal(reason, "text", "hint")
        assert (translated(refusal, V1).code, translated(refusal, V2).code) == (old, new)
        assert translated(refusal, V2).hint == "hint"


def test_smithy_wording() -> None:
    one = violations(not_in("mailType", ("A", "B")))
    assert one.refusal.text == (
        "1 validation error detected: Value at 'mailType' failed to satisfy constraint: Member must satisfy enum value "
        "set: [A, B]"
    )
    two = violations(null("a"), null("b")).refusal.text
    assert two is not None and two.startswith("2 validation errors detected: Value at 'a'") and "; Value at 'b'" in two


@pytest.mark.parametrize("name", ["a.exe", "A.EXE", "x.tar.js", "script.vbs", "x.xnk"])
def test_files_that_are_not_carried(name: str) -> None:
    with pytest.raises(RefusedError):
        content.check_file_name(name)


@pytest.mark.parametrize("name", ["a.pdf", "exe", "a.zip", "a.exe.txt", "Ä.png"])
def test_files_that_are(name: str) -> None:
    content.check_file_name(name)


def test_headers_that_may_stand_twice() -> None:
    content.check_once(["Received", "Received", "X-A", "x-a", "Comments", "comments"])
    with pytest.raises(RefusedError) as refused:
        content.check_once(["Subject", "subject"])
    assert text_of(refused) == "Duplicate header 'subject'."


@pytest.mark.parametrize("header", [("", "x"), ("a:b", "x"), ("ü", "x"), ("n" * 127, "x"), ("N", "x" * 996)])
def test_own_headers(header: tuple[str, str]) -> None:
    with pytest.raises(RefusedError):
        content.check_own_headers([header])
