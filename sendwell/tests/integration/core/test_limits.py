"""Requests that announce too much are refused before anybody reads them."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from sendwell.core.limits import MOST_BODY, BodyLimit
from sendwell.settings import MIDDLEWARE


@pytest.mark.parametrize(
    ("length", "status"),
    [("0", 200), ("", 200), (str(MOST_BODY), 200), (str(MOST_BODY + 1), 413), ("9" * 30, 413), ("-1", 413), ("x", 413)],
)
def test_an_upload_without_end_is_refused_unread(length: str, status: int) -> None:
    from django.http import HttpResponse

    request = RequestFactory().post("/contacts/imports/new")
    request.META["CONTENT_LENGTH"] = length
    assert BodyLimit(lambda _: HttpResponse())(request).status_code == status


def test_nothing_reads_a_body_before_it_is_measured() -> None:
    assert MIDDLEWARE[0] == "sendwell.core.limits.BodyLimit"
