"""Imports from upload to report, on the sample file of 1,000 rows and on small ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sendwell.contacts import imports, service
from sendwell.contacts.models import ConsentEvent, Contact, Import, ImportFile, ImportState, List, Subscription
from sendwell.core.db import DjangoDb
from sendwell.workspaces.models import Workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STORY = Path(__file__).parents[4] / "story"

pytestmark = pytest.mark.django_db


def nobody(_keys: Sequence[str]) -> set[str]:
    return set()


@pytest.fixture
def readers() -> List:
    workspace = Workspace.objects.create(name="W", created_at=NOW)
    return List.objects.create(workspace=workspace, name="Readers", created_at=NOW)


def upload(to: List, data: bytes | str, basis: str = "customer") -> Import:
    raw = data.encode() if isinstance(data, str) else data
    return imports.create(to, imports.Upload("people.csv", raw, "our shop", basis, "owner@example.com"), NOW)


def run(imported: Import, suppressed=nobody) -> dict[tuple[str, str], int]:
    imports.start(imported, imported.mapping["columns"])
    while not imports.run_import_batch(imported.pk, suppressed, NOW):
        pass
    imported.refresh_from_db()
    return imports.counts(imported)


def mailable(to: List) -> set[str]:
    rows = service.audience_after(DjangoDb(), to.pk, 0, 100_000, NOW)
    return {row.key for row in rows if row.verdict is service.ConsentVerdict.OK}


def test_the_sample_file_gives_the_report_that_its_maker_planned(readers: List) -> None:
    expected = json.loads((STORY / "contacts-1000.expected.json").read_text("utf-8"))
    imported = upload(readers, (STORY / "contacts-1000.csv").read_bytes(), basis="none")
    assert imported.mapping["columns"] == ["address", "name", "attributes.city", "consent"]
    found = run(imported)
    assert found == {(c["outcome"], c["reason"]): c["rows"] for c in expected["counts"]}
    assert sum(found.values()) == expected["rows"] == 1000
    assert sorted(mailable(readers)) == expected["confirmed_keys"]
    counts = service.audience_counts(DjangoDb(), readers.pk, NOW)
    assert counts[service.ConsentVerdict.UNCONFIRMED] == expected["unconfirmed"]
    assert imported.state == ImportState.FINISHED and imported.cursor == imported.total == 1001
    added = Subscription.objects.filter(list=readers).count()
    assert ConsentEvent.objects.count() == added == expected["confirmed"] + expected["unconfirmed"]


def test_a_killed_import_goes_on_and_ends_with_the_same_report(readers: List, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH", 37)
    imported = upload(readers, (STORY / "contacts-1000.csv").read_bytes())
    imports.start(imported, imported.mapping["columns"])
    calls = 0
    finished = False
    while not finished:
        calls += 1
        if calls % 3 == 0:  # dies after its writes, before the commit
            with pytest.raises(RuntimeError), monkeypatch.context() as patch:
                patch.setattr(Import, "save", _die)
                imports.run_import_batch(imported.pk, nobody, NOW)
        finished = imports.run_import_batch(imported.pk, nobody, NOW)
    again = imports.counts(imported)
    expected = json.loads((STORY / "contacts-1000.expected.json").read_text("utf-8"))
    assert again == {(c["outcome"], c["reason"]): c["rows"] for c in expected["counts"]}


def _die(*_args: object, **_options: object) -> None:
    raise RuntimeError("killed")


def test_importing_the_same_file_twice_changes_nothing(readers: List) -> None:
    data = (STORY / "contacts-1000.csv").read_bytes()
    run(upload(readers, data))
    before = list(Contact.objects.order_by("pk").values())
    again = run(upload(readers, data))
    assert ("added", "") not in again and ("updated", "") not in again
    assert again["unchanged", "no_basis"] == 32
    assert list(Contact.objects.order_by("pk").values()) == before


def test_names_and_attributes_are_updated_and_empty_cells_erase_nothing(readers: List) -> None:
    run(upload(readers, "email,name,city,job\na@x.test,Ann,Paris,cook\nb@x.test,Bob,Rome,\n"))
    found = run(upload(readers, "email;name;city;job\nA@x.test;Anna;;\nb@x.test;Bob;Rome;\n"))
    assert found == {("updated", ""): 1, ("unchanged", ""): 1}
    ann = Contact.objects.get(key="a@x.test")
    assert (ann.address, ann.name, ann.attributes) == ("a@x.test", "Anna", {"city": "Paris", "job": "cook"})


def test_an_import_skips_those_who_left_or_are_suppressed(readers: List) -> None:
    run(upload(readers, "email\nleft-all@x.test\nleft-list@x.test\nhard@x.test\n"))
    everyone = {c.key: c.pk for c in Contact.objects.all()}
    service.unsubscribe(everyone["left-all@x.test"], None, "page", {}, NOW)
    service.unsubscribe(everyone["left-list@x.test"], readers.pk, "one-click", {}, NOW)
    found = run(
        upload(readers, "email,name\nleft-all@x.test,L\nleft-list@x.test,L\nhard@x.test,H\nnew-hard@x.test,H\n"),
        lambda keys: {"hard@x.test", "new-hard@x.test"} & set(keys),
    )
    assert found == {("skipped", "unsubscribed"): 2, ("skipped", "suppressed"): 2}
    assert mailable(readers) == {"hard@x.test"}
    assert set(Contact.objects.values_list("name", flat=True)) == {""}
    assert not Contact.objects.filter(key="new-hard@x.test").exists()


def test_without_a_basis_people_are_taken_in_but_not_mailed(readers: List) -> None:
    assert run(upload(readers, "email\na@x.test\n", basis="none")) == {("added", "no_basis"): 1}
    assert run(upload(readers, "email\na@x.test\n", basis="double_opt_in")) == {("unchanged", "no_basis"): 1}
    assert mailable(readers) == set()


def test_a_consent_column_decides_row_by_row(readers: List) -> None:
    text = "email,consent\na@x.test,yes\nb@x.test,\nc@x.test,no\nd@x.test,2024-05-01\ne@x.test,doi\nf@x.test,perhaps\n"
    found = run(upload(readers, text, basis="single_opt_in"))
    assert found == {("added", ""): 3, ("added", "no_basis"): 3}
    bases = dict(Subscription.objects.values_list("contact__key", "basis"))
    assert [bases[f"{who}@x.test"] for who in "adebcf"] == [
        "single_opt_in", "single_opt_in", "double_opt_in", "none", "none", "none",
    ]  # fmt: skip


def test_every_added_contact_has_its_evidence(readers: List) -> None:
    imported = upload(readers, "email\na@x.test\n")
    run(imported)
    event = ConsentEvent.objects.get()
    assert (event.kind, event.method, event.at) == ("imported", "import", NOW)
    assert event.evidence == {
        "import": imported.pk,
        "line": 2,
        "source": "our shop",
        "basis": "customer",
        "stated": "",
        "attested_by": "owner@example.com",
    }


def test_line_numbers_are_those_of_an_editor(readers: List) -> None:
    text = 'email,name\n\na@x.test,"two\nlines"\nnot an address,x\n"open,x\nb@x.test,B\n'
    imported = upload(readers, text)
    run(imported)
    assert [(row.line, row.outcome, row.reason) for row in imported.rows.order_by("line")] == [
        (3, "added", ""),
        (5, "skipped", "invalid_address"),
        (6, "skipped", "malformed"),
        (7, "added", ""),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_recognised(readers: List, encoding: str, delimiter: str) -> None:
    lines = [["E-Mail", "Full name"], ["zoe@x.test", "Zoë Müller"]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    imported = upload(readers, text.encode(encoding))
    assert run(imported) == {("added", ""): 1}
    assert Contact.objects.get().name == "Zoë Müller"


@pytest.mark.parametrize("text", ["", "\n\n", "a@x.test,Ann\nb@x.test,Bob\n", '"email,name\na@x.test,A\n'])
def test_files_without_headings_are_refused_in_words(readers: List, text: str) -> None:
    with pytest.raises(imports.FileError, match=r"[Ll]ine"):
        upload(readers, text)


def test_a_mapping_needs_exactly_one_address(readers: List) -> None:
    imported = upload(readers, "who,name\na@x.test,A\n")
    with pytest.raises(imports.FileError, match="exactly one"):
        imports.start(imported, imported.mapping["columns"])


def test_old_uploads_are_dropped_and_the_report_stays(readers: List) -> None:
    imported = upload(readers, "email\na@x.test\n")
    run(imported)
    assert imports.forget_files(NOW) == 0
    assert imports.forget_files(datetime(2027, 1, 1, tzinfo=UTC)) == 1
    assert not ImportFile.objects.exists() and imported.rows.count() == 1
    with pytest.raises(imports.FileError, match="no longer"):
        imports.sample(imported)


PROTECTED = ("left-all", "left-list", "paused", "unsure", "bounced")
sheets = st.lists(
    st.tuples(
        st.sampled_from([*PROTECTED, "fresh"]),
        st.sampled_from([str.upper, str.title, str]),
        st.sampled_from(["", "Ann", "Bob"]),
        st.sampled_from(["", "yes", "double_opt_in", "customer", "no", "2026-01-01"]),
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.tuples(sheets, st.sampled_from(["none", "double_opt_in", "customer"])), max_size=4))
def test_no_files_in_any_order_make_protected_people_mailable(readers: List, files: list[object]) -> None:
    """Unsubscribed, paused, suppressed and unconfirmed people stay so, whatever is imported, and however often."""
    with transaction.atomic():
        run(upload(readers, "email\n" + "".join(f"{who}@x.test\n" for who in PROTECTED if who != "unsure")))
        run(upload(readers, "email\nunsure@x.test\n", basis="none"))
        ids = dict(Contact.objects.values_list("key", "pk"))
        service.unsubscribe(ids["left-all@x.test"], None, "page", {}, NOW)
        service.unsubscribe(ids["left-list@x.test"], readers.pk, "page", {}, NOW)
        service.pause(ids["paused@x.test"], datetime(2099, 1, 1, tzinfo=UTC), "owner", {}, NOW)
        statuses = dict(Subscription.objects.values_list("contact_id", "status"))
        for rows, basis in files:  # type: ignore[misc]
            lines = (f"{change(who)}@X.test,{name},{stated}\n" for who, change, name, stated in rows)
            run(upload(readers, "email,name,consent\n" + "".join(lines), basis), lambda _: {"bounced@x.test"})
            assert mailable(readers) <= {"bounced@x.test", "fresh@x.test"}
        after = dict(Subscription.objects.values_list("contact_id", "status"))
        assert {pk: after[pk] for pk in statuses} == statuses
        assert Contact.objects.get(key="bounced@x.test").name == ""
        transaction.set_rollback(True)


def test_more_columns_than_a_page_can_offer_are_refused(readers: List) -> None:
    wide = ",".join(f"c{n}" for n in range(100_000))
    with pytest.raises(imports.FileError, match="100,000 columns"):
        upload(readers, f"{wide}\n")
    assert not Import.objects.exists()
    with pytest.raises(imports.FileError, match="another delimiter"):
        imports.reread(upload(readers, f"email;{wide[:2000]}\n"), "utf-8", ",")
