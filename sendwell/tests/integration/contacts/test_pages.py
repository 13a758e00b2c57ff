"""Pages of contacts, lists and imports, as the owner walks them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sendwell.contacts import imports, jobs, service
from sendwell.contacts.models import Contact, Import, List, Subscription
from sendwell.core.addresses import parse
from sendwell.core.installation import Installation
from sendwell.core.jobs import JobContext, run_due
from sendwell.core.models import Job
from sendwell.workspaces.models import Membership, Workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client) -> Client:
    user = User.objects.create_user("owner@example.com", "owner@example.com")
    workspace = Workspace.objects.create(name="W", created_at=NOW)
    Membership.objects.create(user=user, workspace=workspace, role="owner")
    client.force_login(user)
    return client


@pytest.fixture
def news(owner: Client) -> List:
    return List.objects.create(workspace=Workspace.objects.get(), name="News", created_at=NOW)


def add(to: List, address: str) -> Contact:
    return service.add_contact(service.NewContact(parse(address), "", "customer", "card"), to, "me", NOW)


def page(client: Client, name: str, *args: int, query: str = "") -> str:
    answer = client.get(reverse(f"contacts:{name}", args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_empty_pages_teach(owner: Client) -> None:
    assert "No contacts yet" in page(owner, "list")
    assert "No lists yet" in page(owner, "lists")
    assert "No imports yet" in page(owner, "imports")
    assert "First, a list" in page(owner, "import_new")


def test_a_list_is_made_renamed_and_shown(owner: Client) -> None:
    answer = owner.post(reverse("contacts:list_new"), {"name": "Readers", "description": "Monthly"})
    made = List.objects.get()
    assert answer["Location"] == reverse("contacts:list_detail", args=[made.pk])
    assert "Nobody is on this list" in page(owner, "list_detail", made.pk)
    assert "of this name" in owner.post(reverse("contacts:list_new"), {"name": "Readers"}).content.decode()
    owner.post(reverse("contacts:list_edit", args=[made.pk]), {"name": "People", "description": ""})
    assert "People" in page(owner, "lists")


def test_a_contact_is_added_found_paused_and_unsubscribed(owner: Client, news: List) -> None:
    data = {"address": "Zoë@x.test", "name": "Zoë", "list": news.pk, "basis": "customer", "source": "card"}
    assert "ASCII" in owner.post(reverse("contacts:add"), data).content.decode()
    answer = owner.post(reverse("contacts:add"), data | {"address": "Zoe@x.test"})
    contact = Contact.objects.get()
    where = reverse("contacts:detail", args=[contact.pk])
    assert answer["Location"] == where
    assert "Zoe@x.test" in page(owner, "list", query="?q=ZOE@") and "Zoe@x.test" in page(owner, "list", query="?q=Zoë")
    assert "Nobody found" in page(owner, "list", query="?q=bob")
    pause = reverse("contacts:pause", args=[contact.pk])
    assert owner.post(pause, {"until": "2001-01-01"}).status_code == 422
    owner.post(pause, {"until": "2099-01-01"})
    assert "Paused until" in page(owner, "detail", contact.pk)
    owner.post(pause, {"resume": "1"})
    assert "Paused until" not in page(owner, "detail", contact.pk)
    owner.post(reverse("contacts:leave", args=[contact.pk]), {"list": news.pk})
    assert Subscription.objects.get().status == "unsubscribed"
    owner.post(reverse("contacts:leave", args=[contact.pk]))
    shown = page(owner, "detail", contact.pk)
    assert "Left everything" in shown and "owner@example.com" in shown
    assert "Zoe@x.test" in page(owner, "list", query="?status=unsubscribed")
    assert "Nobody found" in page(owner, "list", query="?status=active")
    again = owner.post(reverse("contacts:add"), data | {"address": "zoe@x.test"}).content.decode()
    assert "Only they can come back" in again


def test_who_left_all_their_lists_is_not_called_active(owner: Client, news: List) -> None:
    more = List.objects.create(workspace=news.workspace, name="More", created_at=NOW)
    contact = add(news, "a@x.test")
    add(more, "a@x.test")
    service.unsubscribe(contact.pk, news.pk, "page", {}, NOW)
    assert badge("Active") in page(owner, "detail", contact.pk)
    service.unsubscribe(contact.pk, more.pk, "page", {}, NOW)
    for shown in (
        page(owner, "detail", contact.pk),
        page(owner, "list"),
        page(owner, "list", query="?status=off_lists"),
    ):
        assert badge("Unsubscribed") in shown and badge("Active") not in shown
    assert "Nobody found" in page(owner, "list", query="?status=active")
    assert page(owner, "list_detail", more.pk).count(badge("Unsubscribed")) == 1
    assert badge("Active") in page(owner, "detail", contact_on_no_list(news).pk), "nobody left there"
    assert "b@x.test" in page(owner, "list", query="?status=active")


def test_who_left_everything_is_confirmed_nowhere(owner: Client, news: List) -> None:
    contact = add(news, "a@x.test")
    assert badge("Confirmed") in page(owner, "detail", contact.pk)
    service.unsubscribe(contact.pk, None, "page", {}, NOW)
    for shown in (page(owner, "detail", contact.pk), page(owner, "list_detail", news.pk)):
        assert badge("Left everything") in shown and badge("Confirmed") not in shown


def badge(label: str) -> str:
    return f'-lt">{label}</span>'


def contact_on_no_list(news: List) -> Contact:
    return Contact.objects.create(
        workspace=news.workspace, address="b@x.test", key="b@x.test", created_at=NOW, updated_at=NOW
    )


def test_the_evidence_of_a_contact_is_told_in_words(owner: Client, news: List) -> None:
    contact = service.add_contact(service.NewContact(parse("a@x.test"), "", "single_opt_in", "fair"), news, "me", NOW)
    shown = page(owner, "detail", contact.pk)
    assert "basis: Signed up (single opt-in)" in shown and "source: fair" in shown
    assert "single_opt_in" not in shown


def upload(owner: Client, news: List, data: bytes, **changes: object) -> Import:
    form = {
        "file": SimpleUploadedFile("people.csv", data, "text/csv"),
        "list": news.pk,
        "source": "shop",
        "basis": "customer",
        "attested": "on",
    }
    answer = owner.post(reverse("contacts:import_new"), form | changes)
    assert answer.status_code == 302, answer.content.decode()
    return Import.objects.latest("pk")


def work(installation: Installation) -> None:
    handlers = {jobs.KIND: jobs.import_job(lambda workspace_id, keys: {"bad@x.test"} & set(keys))}
    now = datetime(2099, 1, 1, tzinfo=UTC)
    while run_due(handlers, JobContext(installation, now), now):
        pass


def test_an_import_from_upload_to_report(owner: Client, news: List, installation: Installation) -> None:
    data = 'E-Mail;Vorname;Stadt\nann@x.test;Ann;"Köln; Süd"\n=cmd@x.test;Eve;\nbad@x.test;B;\nnope;N;\n'.encode()
    imported = upload(owner, news, data)
    assert imported.attested_by == "owner@example.com"
    columns = page(owner, "import_columns", imported.pk)
    assert "Köln; Süd" in columns and "Attribute “vorname”" in columns
    assert not Contact.objects.exists()
    where = reverse("contacts:import_columns", args=[imported.pk])
    assert owner.post(where, {"column": ["name", "name", ""]}).status_code == 422
    owner.post(where, {"column": ["address", "name", "attributes.stadt"]})
    assert Job.objects.filter(kind=jobs.KIND, done_at=None).count() == 1
    assert "hx-get" in page(owner, "import_detail", imported.pk)
    work(installation)
    done = owner.get(reverse("contacts:import_progress", args=[imported.pk]))
    assert done["HX-Refresh"] == "true"
    report = page(owner, "import_detail", imported.pk)
    assert "ann@x.test" in report and "hx-get" not in report
    filtered = page(owner, "import_detail", imported.pk, query="?outcome=skipped&reason=suppressed")
    assert "bad@x.test" in filtered and "ann@x.test" not in filtered
    assert Contact.objects.get(key="ann@x.test").attributes == {"stadt": "Köln; Süd"}
    answer = owner.get(reverse("contacts:import_csv", args=[imported.pk]))
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert rows[0] == ["line", "address", "outcome", "reason", "detail"]
    assert [row[:4] for row in rows[1:4]] == [
        ["2", "ann@x.test", "added", ""],
        ["3", "'=cmd@x.test", "added", ""],
        ["4", "bad@x.test", "skipped", "suppressed"],
    ]


def test_the_report_begins_with_the_rows_that_were_left_out(
    owner: Client, news: List, installation: Installation
) -> None:
    imported = upload(owner, news, b"email\nann@x.test\nbad@x.test\nbob@x.test\nnope\n")
    owner.post(reverse("contacts:import_columns", args=[imported.pk]), {"column": ["address"]})
    work(installation)
    shown = owner.get(reverse("contacts:import_detail", args=[imported.pk])).context
    assert [row.line for row in shown["page"]] == [3, 5, 2, 4]
    assert [count["outcome"] for count in shown["counts"]] == ["skipped", "skipped", "added"]
    file = owner.get(reverse("contacts:import_csv", args=[imported.pk]))
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()[1:]
    assert [line.partition(",")[0] for line in lines] == ["2", "3", "4", "5"], "the file keeps its own order"


def test_a_started_import_cannot_be_started_or_discarded_again(owner: Client, news: List) -> None:
    imported = upload(owner, news, b"email\na@x.test\n")
    where = reverse("contacts:import_columns", args=[imported.pk])
    owner.post(where, {"column": ["address"]})
    assert owner.post(where, {"column": ["address"]}).status_code == 302
    owner.post(reverse("contacts:import_discard", args=[imported.pk]))
    assert Import.objects.filter(pk=imported.pk).exists()


def test_an_upload_whose_file_is_gone_says_so(owner: Client, news: List) -> None:
    imported = upload(owner, news, b"email\na@x.test\n")
    imports.forget_files(datetime(2099, 1, 1, tzinfo=UTC))
    answer = owner.get(reverse("contacts:import_columns", args=[imported.pk]), follow=True)
    assert "no longer kept" in answer.content.decode()


def test_an_upload_can_be_read_otherwise_or_discarded(owner: Client, news: List) -> None:
    imported = upload(owner, news, "email|name\nzoë,a@x.test\n".encode("cp1252"))
    assert "Windows-1252" in page(owner, "import_columns", imported.pk)
    where = reverse("contacts:import_columns", args=[imported.pk])
    owner.post(where, {"reread": "1", "encoding": "utf-8", "delimiter": ";"})
    imported.refresh_from_db()
    assert (imported.encoding, imported.delimiter) == ("utf-8", ";")
    assert owner.post(where, {"reread": "1", "encoding": "rot13", "delimiter": ";"}).status_code == 302
    owner.post(reverse("contacts:import_discard", args=[imported.pk]))
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attested": ""}, "Tick this"),
        ({"basis": ""}, "Choose what these people agreed to"),
        ({"file": SimpleUploadedFile("x.csv", b"")}, "empty"),
        ({"file": SimpleUploadedFile("x.csv", b"a@x.test\nb@x.test\n")}, "not headings"),
        ({"source": ""}, "required"),
    ],
)
def test_an_upload_needs_all_its_answers(owner: Client, news: List, changes: dict[str, object], words: str) -> None:
    form = {
        "file": SimpleUploadedFile("people.csv", b"email\na@x.test\n"),
        "list": news.pk, "source": "shop", "basis": "customer", "attested": "on",
    }  # fmt: skip
    answer = owner.post(reverse("contacts:import_new"), form | changes)
    assert answer.status_code == 200 and words in answer.content.decode()
    assert not Import.objects.exists()


def test_a_failing_import_is_shown_as_failed_after_some_tries(
    owner: Client, news: List, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = upload(owner, news, b"email\na@x.test\n")
    imports.start(imported, ["address"])
    handler = jobs.import_job(lambda workspace_id, keys: {}["broken"])
    with pytest.raises(KeyError):
        handler({"import": imported.pk}, JobContext(installation, NOW, attempt=1))
    handler({"import": imported.pk}, JobContext(installation, NOW, attempt=5))
    imported.refresh_from_db()
    assert imported.state == "failed" and "broken" in page(owner, "import_detail", imported.pk)


def test_other_workspaces_things_are_not_found(owner: Client, news: List) -> None:
    other = Workspace.objects.create(name="Other", created_at=NOW)
    theirs = List.objects.create(workspace=other, name="Theirs", created_at=NOW)
    contact = add(theirs, "a@x.test")
    imported = imports.create(theirs, imports.Upload("x.csv", b"email\n", "s", "none", "them"), NOW)
    for name, pk in (("detail", contact.pk), ("list_detail", theirs.pk), ("list_edit", theirs.pk)):
        assert owner.get(reverse(f"contacts:{name}", args=[pk])).status_code == 404
    for name in ("import_detail", "import_columns", "import_progress", "import_csv"):
        assert owner.get(reverse(f"contacts:{name}", args=[imported.pk])).status_code == 404
    assert owner.post(reverse("contacts:leave", args=[contact.pk])).status_code == 404
    mine = add(news, "mine@x.test")
    assert owner.post(reverse("contacts:leave", args=[mine.pk]), {"list": theirs.pk}).status_code == 404
    assert "a@x.test" not in page(owner, "list", query="?q=a@x")


def test_viewers_may_look_but_not_change(owner: Client, news: List) -> None:
    contact = add(news, "a@x.test")
    Membership.objects.update(role="viewer")
    for name, args in (("list", []), ("lists", []), ("detail", [contact.pk]), ("imports", [])):
        assert owner.get(reverse(f"contacts:{name}", args=args)).status_code == 200
    assert owner.post(reverse("contacts:leave", args=[contact.pk])).status_code == 403
    assert owner.get(reverse("contacts:import_new")).status_code == 403


def test_names_that_try_markup_are_shown_as_text(owner: Client, news: List) -> None:
    contact = add(news, "a@x.test")
    Contact.objects.update(name="<script>alert(1)</script>", attributes={"<b>x": "<img src=x>"})
    for html in (page(owner, "detail", contact.pk), page(owner, "list"), page(owner, "list_detail", news.pk)):
        assert "<script>alert" not in html and "<img src=x>" not in html
