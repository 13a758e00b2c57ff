"""Which SNS messages are believed. Signatures are made here by SNS's documented recipe, written out by hand."""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from sendwell.amazon import sns

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:sendwell-feedback"
PEM_NAME = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"


def certificate(key=KEY, start=NOW - timedelta(days=1), days=10) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=days))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


PEM = certificate()


def envelope(**changes) -> dict:
    return {
        "Type": "Notification",
        "MessageId": "dc1e94d9-56c5-5e96-808d-cc7f68faa162",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": '{"eventType":"Send"}\n',
        "Timestamp": "2026-06-01T11:59:58.123Z",
        "SignatureVersion": "2",
        "SigningCertURL": f"https://sns.eu-west-1.amazonaws.com{PEM_NAME}",
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        **changes,
    }


def signed(fields: dict, key=KEY) -> dict:
    """The recipe of the SNS guide, key by key."""
    if fields["Type"] == "Notification":
        text = "Message\n" + fields["Message"] + "\nMessageId\n" + fields["MessageId"] + "\n"
        if fields.get("Subject") is not None:
            text += "Subject\n" + fields["Subject"] + "\n"
        text += "Timestamp\n" + fields["Timestamp"] + "\nTopicArn\n" + fields["TopicArn"] + "\nType\nNotification\n"
    else:
        text = "Message\n" + fields["Message"] + "\nMessageId\n" + fields["MessageId"] + "\n"
        text += "SubscribeURL\n" + fields["SubscribeURL"] + "\nTimestamp\n" + fields["Timestamp"] + "\n"
        text += "Token\n" + fields["Token"] + "\nTopicArn\n" + fields["TopicArn"] + "\nType\n" + fields["Type"] + "\n"
    algorithm = hashes.SHA1() if fields["SignatureVersion"] == "1" else hashes.SHA256()
    raw = key.sign(text.encode(), padding.PKCS1v15(), algorithm)
    return {**fields, "Signature": base64.b64encode(raw).decode()}


def read(fields: dict) -> sns.SnsMessage:
    return sns.parse(json.dumps(fields).encode())


def cause(call, *args, **kwargs) -> str:
    with pytest.raises(sns.NotTrustedError) as caught:
        call(*args, **kwargs)
    return caught.value.cause


CONFIRMATION = envelope(
    Type="SubscriptionConfirmation",
    Token="2336412f37",
    SubscribeURL="https://sns.eu-west-1.amazonaws.com/?x",
    Subject=None,
)


@pytest.mark.parametrize(
    "fields",
    [
        envelope(),
        envelope(Subject=None),
        envelope(Message="Grüße\t✓ \\n"),
        CONFIRMATION,
        {**CONFIRMATION, "Type": "UnsubscribeConfirmation"},
    ],
)
def test_what_sns_signs_is_believed(fields):
    fields = {key: value for key, value in fields.items() if value is not None}

    sns.verify(read(signed(fields)), PEM, valid_at=NOW)


def test_a_null_subject_is_no_subject():
    sns.verify(read(signed(envelope(Subject=None))), PEM)


def test_version_1_is_believed_only_where_asked_for():
    message = read(signed(envelope(SignatureVersion="1")))

    assert cause(sns.verify, message, PEM) == "signature_version"
    sns.verify(message, PEM, sns.BOTH_VERSIONS)


@pytest.mark.parametrize("version", ["0", "3", "", "02", "2.0"])
def test_other_versions_are_refused(version):
    fields = {**signed(envelope()), "SignatureVersion": version}

    assert cause(sns.verify, read(fields), PEM, sns.BOTH_VERSIONS) == "signature_version"


def test_a_version_2_signature_does_not_pass_as_version_1():
    fields = {**signed(envelope()), "SignatureVersion": "1"}

    assert cause(sns.verify, read(fields), PEM, sns.BOTH_VERSIONS) == "signature"


@pytest.mark.parametrize("name", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"])
def test_any_altered_field_is_refused(name):
    fields = signed(envelope())

    assert cause(sns.verify, read({**fields, name: fields[name] + " "}), PEM) == "signature"


def test_a_subject_added_or_removed_is_refused():
    fields = signed(envelope())
    del fields["Subject"]
    assert cause(sns.verify, read(fields), PEM) == "signature"
    bare = {key: value for key, value in envelope().items() if key != "Subject"}
    assert cause(sns.verify, read({**signed(bare), "Subject": "x"}), PEM) == "signature"


def test_a_notification_cannot_be_turned_into_a_confirmation():
    fields = signed(envelope())

    turned = {**fields, "Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": "https://x"}
    assert cause(sns.verify, read(turned), PEM) == "signature"


@pytest.mark.parametrize("name", ["Token", "SubscribeURL"])
def test_an_altered_confirmation_is_refused(name):
    fields = signed({key: value for key, value in CONFIRMATION.items() if value is not None})

    assert cause(sns.verify, read({**fields, name: "other"}), PEM) == "signature"


def test_another_key_is_refused():
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert cause(sns.verify, read(signed(envelope(), stranger)), PEM) == "signature"


def test_weak_or_foreign_or_broken_certificates_are_refused():
    from cryptography.hazmat.primitives.asymmetric import ec

    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    assert cause(sns.verify, read(signed(envelope(), weak)), certificate(weak)) == "signature"
    curve = certificate(ec.generate_private_key(ec.SECP256R1()))
    assert cause(sns.verify, read(signed(envelope())), curve) == "signature"
    assert cause(sns.verify, read(signed(envelope())), b"<html>") == "signature"


def test_a_certificate_out_of_date_is_refused_when_asked():
    old = certificate(start=NOW - timedelta(days=30))

    assert cause(sns.verify, read(signed(envelope())), old, valid_at=NOW) == "certificate_expired"
    sns.verify(read(signed(envelope())), old)


def test_signatures_that_are_no_base64_are_refused():
    assert cause(sns.verify, read({**signed(envelope()), "Signature": "***"}), PEM) == "signature"


def test_the_certificate_of_the_topics_own_region_may_be_fetched():
    url = sns.certificate_url(read(signed(envelope())))
    assert url == f"https://sns.eu-west-1.amazonaws.com{PEM_NAME}"
    china = envelope(
        TopicArn="arn:aws-cn:sns:cn-north-1:123456789012:t",
        SigningCertURL=f"https://sns.cn-north-1.amazonaws.com.cn{PEM_NAME}",
    )
    assert sns.certificate_url(read(signed(china))).startswith("https://sns.cn-north-1.amazonaws.com.cn/")


HOST = "https://sns.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    "url",
    [
        f"http://sns.eu-west-1.amazonaws.com{PEM_NAME}",
        f"https://sns.us-east-1.amazonaws.com{PEM_NAME}",  # another region than the topic's
        f"https://sns.eu-west-1.amazonaws.com.cn{PEM_NAME}",
        f"https://sns.eu-west-1.amazonaws.com.evil.com{PEM_NAME}",
        f"https://sns.evil.com/?sns.eu-west-1.amazonaws.com{PEM_NAME}",
        f"https://evilsns.eu-west-1.amazonaws.com{PEM_NAME}",
        f"https://sns-eu-west-1.s3.amazonaws.com{PEM_NAME}",
        f"https://xsns.eu-west-1.amazonaws.com{PEM_NAME}",
        f"{HOST}:8443{PEM_NAME}",
        f"{HOST}:443{PEM_NAME}",
        f"https://user@sns.eu-west-1.amazonaws.com{PEM_NAME}",
        f"https://sns.eu-west-1.amazonaws.com@evil.com{PEM_NAME}",
        f"https://sns.eu-west-1.amazonaws.com\\@evil.com{PEM_NAME}",
        f"https://SNS.eu-west-1.amazonaws.com{PEM_NAME}",
        f"{HOST}{PEM_NAME}?x=1",
        f"{HOST}{PEM_NAME}#x",
        f"{HOST}{PEM_NAME}\n",
        f"{HOST}{PEM_NAME}/../x.pem",
        f"{HOST}/x{PEM_NAME}",
        f"{HOST}/../{PEM_NAME}",
        f"{HOST}/SimpleNotificationService-.pem",
        f"{HOST}/SimpleNotificationService-xyz.pem",
        f"{HOST}/SimpleNotificationService-0123.pem.evil",
        f"{HOST}/evil.pem",
        f"{HOST}",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_other_certificate_may_be_fetched(url):
    assert cause(sns.certificate_url, read(signed(envelope(SigningCertURL=url)))) == "certificate_url"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (f"http://127.0.0.1:4580{PEM_NAME}", True),
        (f"http://127.0.0.1:45801{PEM_NAME}", False),
        (f"http://127.0.0.1{PEM_NAME}", False),
        (f"https://127.0.0.1:4580{PEM_NAME}", False),
        (f"http://127.0.0.1:4580@evil.com{PEM_NAME}", False),
        ("http://127.0.0.1:4580/_sesbox/health", False),
        (f"https://sns.eu-west-1.amazonaws.com{PEM_NAME}", False),
    ],
)
def test_a_custom_endpoint_offers_its_own_certificate_only(url, allowed):
    message = read(signed(envelope(SigningCertURL=url)))

    if allowed:
        assert sns.certificate_url(message, "http://127.0.0.1:4580") == url
    else:
        assert cause(sns.certificate_url, message, "http://127.0.0.1:4580") == "certificate_url"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sns:eu-west-1:123:t",
        "arn:aws:sqs:eu-west-1:123456789012:t",
        "arn:aws:sns:evil.com/x?:123456789012:t",
        "arn:aws:sns:eu-west-1:123456789012:t:extra",
        "",
    ],
)
def test_arns_that_are_no_topics_are_refused(arn):
    assert cause(sns.region_of, arn) == "topic"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[]", "not_an_envelope"),
        (b"[" * 100_000, "not_json"),
        (b'"Notification"', "not_an_envelope"),
        (b"{}", "type"),
        (b'{"Type":["Notification"]}', "type"),
        (b'{"Type":"Other"}', "type"),
        (b'{"Type":"Notification"}', "not_an_envelope"),
        (json.dumps(envelope(Signature=None)).encode(), "not_an_envelope"),
        (json.dumps(envelope(Signature="x", Message={"a": 1})).encode(), "not_an_envelope"),
        (json.dumps(envelope(Signature="x", TopicArn=None)).encode(), "not_an_envelope"),
        # raw delivery: the event itself, without an envelope or a signature
        (b'{"eventType":"Bounce","mail":{},"bounce":{}}', "type"),
    ],
)
def test_bodies_that_are_no_envelopes(body, why):
    assert cause(sns.parse, body) == why


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(-5, 5),
        lambda s: st.lists(s) | st.dictionaries(st.sampled_from([*envelope(), "Signature"]), s),
    )
)
def test_reading_never_fails_otherwise(value):
    with contextlib.suppress(sns.NotTrustedError):
        sns.parse(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("text", "fresh"),
    [
        ("2026-06-01T11:59:58.123Z", True),
        ("2026-06-01T11:00:01Z", True),
        ("2026-06-01T10:59:59Z", False),
        ("2026-06-01T12:04:59Z", True),
        ("2026-06-01T12:05:01Z", False),
        ("2026-06-01T12:00:00", False),
        ("yesterday", False),
    ],
)
def test_confirmations_must_be_fresh(text, fresh):
    assert sns.is_fresh(read(signed(envelope(Timestamp=text))), NOW) is fresh
