"""The home page, the settings, error pages and the frame around all pages."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLResolver, get_resolver

from sendwell.connections.models import Connection
from sendwell.core.installation import Installation
from sendwell.core.models import Job
from sendwell.workspaces import service
from sendwell.workspaces.models import Workspace

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def workspace(installation: Installation) -> Workspace:
    return service.ensure_first_workspace(installation.clock.now())


@pytest.fixture
def owner(client: Client, workspace: Workspace) -> Client:
    client.force_login(User.objects.get(), "django.contrib.auth.backends.ModelBackend")
    return client


def connect(workspace: Workspace, kind: str) -> Connection:
    return Connection.objects.create(
        workspace=workspace, name=f"My {kind}", kind=kind, access_key_id="AKIA", secret_access_key="x",
        created_at=NOW, hook_key=kind, setup_state="ready", in_sandbox=True, max_24_hour_send=200, max_send_rate=1,
    )  # fmt: skip


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def plain_paths(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Every route that needs no number or token."""
    for entry in resolver.url_patterns:
        whole = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from plain_paths(entry, whole)
        elif "<" not in whole:
            yield whole


def is_console_page(answer: HttpResponseBase) -> bool:
    return answer.status_code == 200 and b'class="navbar' in getattr(answer, "content", b"")


def test_a_newcomer_is_shown_the_first_step(owner: Client) -> None:
    page = text(owner, "/")
    assert "0 of 7 done" in page
    assert "No connection yet" in page
    assert "Nothing leaves this machine" not in page


def test_a_connected_account_shows_its_quota_and_the_next_step(owner: Client, workspace: Workspace) -> None:
    connect(workspace, "aws")
    page = text(owner, "/")
    assert "2 of 7 done" in page
    assert "Sandbox" in page
    assert "of 200" in page
    assert "Nothing leaves this machine" not in page


def test_a_rehearsal_is_named_on_every_page_until_a_real_connection_is_there(
    owner: Client, workspace: Workspace
) -> None:
    connect(workspace, "embedded")
    pages = [path for path in plain_paths(get_resolver()) if is_console_page(owner.get(path))]
    assert len(pages) >= 12
    assert not [path for path in pages if "Nothing leaves this machine" not in text(owner, path)]
    connect(workspace, "aws")
    assert "Nothing leaves this machine" not in text(owner, "/")


def test_htmx_gets_the_live_part_alone(owner: Client) -> None:
    page = owner.get("/", headers={"HX-Request": "true"}).content
    assert b"<html" not in page
    assert b"Next steps" in page


def test_a_stuck_task_is_shown_and_can_be_tried_again(owner: Client) -> None:
    job = Job.objects.create(
        kind="feedback.apply", key="1", due_at=NOW, attempts=20, last_error="a\nValueError: odd <b>"
    )
    page = text(owner, "/")
    assert "failed 20 times: feedback.apply" in page
    assert "ValueError: odd &lt;b&gt;" in page
    assert owner.post(f"/tasks/{job.pk}/retry").status_code == 302
    assert "failed 20 times" not in text(owner, "/")


def test_sender_details_are_kept(owner: Client) -> None:
    details = {"name": "Farm", "sender_name": "Farm Ltd", "postal_address": "1 Lane\nTown", "website": "example.com"}
    assert owner.post("/settings/sender", details).status_code == 302
    found = Workspace.objects.get()
    assert (found.sender_name, found.website) == ("Farm Ltd", "https://example.com")
    assert "1 Lane" in found.postal_address
    assert "Campaigns started from now on carry these details" in text(owner, "/settings/")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "the legal name and the postal address are empty"),
        ({"sender_name": "Farm Ltd", "postal_address": " "}, "the postal address is empty"),
        ({"postal_address": "1 Lane"}, "the legal name is empty"),
    ],
)
def test_saving_half_of_the_sender_says_what_a_campaign_still_needs(
    owner: Client, given: dict[str, str], missing: str
) -> None:
    owner.post("/settings/sender", {"name": "Farm", **given})
    page = text(owner, "/settings/")
    assert f"No campaign can start yet: {missing}" in page
    assert "carry these details" not in page


@pytest.mark.parametrize(
    ("path", "data", "remedy"),
    [
        ("/settings/sender", {"name": ""}, "This field is required"),
        ("/settings/sender", {"name": "x", "website": "not a site"}, "Enter a valid URL"),
        ("/settings/email", {"email": "nonsense"}, "must have an @-sign"),
    ],
)
def test_wrong_settings_say_what_is_wrong_beside_the_field(
    owner: Client, path: str, data: dict[str, str], remedy: str
) -> None:
    answer = owner.post(path, data)
    assert answer.status_code == 422
    assert remedy in answer.content.decode()
    assert "is-invalid" in answer.content.decode()


def test_an_address_of_somebody_else_cannot_be_taken(owner: Client) -> None:
    User.objects.create_user("ada", "ada@example.com")
    assert "Somebody else" in owner.post("/settings/email", {"email": "ADA@example.com"}).content.decode()


def test_health_says_ok_to_anybody(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_error_pages_are_ours(owner: Client) -> None:
    answer = owner.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_pages_carry_a_strict_policy_and_nothing_inline(owner: Client) -> None:
    for path in ("/", "/settings/", "/accounts/password/set/", "/accounts/login/"):
        answer = owner.get(path, follow=True)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        html = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|<style|javascript:|https?://cdn", html), path


def test_get_changes_nothing_at_addresses_that_change(owner: Client) -> None:
    for path in ("/settings/sender", "/settings/email", "/tasks/1/retry"):
        assert owner.get(path).status_code == 405


def test_static_files_keep_their_names_until_they_are_collected() -> None:
    assert storages["staticfiles"].url("console/theme.js").startswith("/static/console/theme")
