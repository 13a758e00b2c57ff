"""The data file: what goes in comes out, in order, and never by half."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sesbox.account import Change, Drop, Due, Log, Message, Put, Store
from sesbox.operations.records import Identity, Topic
from sesbox.storage import MEMORY, Batch, Storage, StorageError

EAST, WEST = "us-east-1", "us-west-2"


@pytest.fixture(params=["file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    opened = Storage(MEMORY if request.param == "memory" else str(tmp_path / "box.db"), account_id="123456789012")
    yield opened
    opened.close()


def write(storage: Storage, *changes: Change, region: str = EAST, done: tuple[int, ...] = ()) -> None:
    batch = Batch()
    batch.add(region, changes)
    batch.done.extend(done)
    storage.write(batch)


def topic(name: str, **attributes: str) -> Topic:
    return Topic(arn=name, created_at=1.0, attributes=attributes)


def message(number: int, to: str = "r@x.test", subject: str = "Hello") -> Message:
    return Message(f"id-{number}", float(number), "s@y.test", (to,), subject, b"raw\x00", None, {"tags": {"a": ["b"]}})


def test_records_come_back_equal_and_in_order(storage: Storage) -> None:
    identity = Identity(name="x.test", type="DOMAIN", created_at=1.5, dkim_tokens=("a", "b"), tags={"k": "v"})
    write(storage, Put(topic("b")), Put(topic("a")), Put(identity))
    write(storage, Put(topic("b", Policy="{}")), Drop("topic", "never there"), Put(topic("only west")), region=WEST)
    write(storage, Put(topic("b", Policy="{}")))
    account = storage.load()[EAST]
    assert account.all(Topic) == [topic("b", Policy="{}"), topic("a")]
    assert account.get(Identity, "x.test") == identity
    assert storage.load()[WEST].get(Topic, "only west") is not None


def test_a_record_dropped_and_put_again_goes_to_the_end(storage: Storage) -> None:
    write(storage, Put(topic("a")), Put(topic("b")))
    changes = (Drop("topic", "a"), Put(topic("a")), Put(topic("c")), Drop("topic", "c"))
    account = storage.load()[EAST]
    account.apply(changes)
    write(storage, *changes)
    assert storage.load()[EAST].all(Topic) == account.all(Topic) == [topic("b"), topic("a")]


def test_messages_newest_first_by_every_filter(storage: Storage) -> None:
    write(storage, *(Store(message(number)) for number in range(5)))
    write(storage, Store(message(5, to="Other@x.test", subject="Größe")), region=WEST)
    ids = [found.message_id for found in storage.messages()]
    assert ids == [f"id-{number}" for number in (5, 4, 3, 2, 1, 0)]
    assert [found.message_id for found in storage.messages(EAST, limit=2, before="id-3")] == ["id-2", "id-1"]
    assert [found.message_id for found in storage.messages(after="id-3")] == ["id-5", "id-4"]
    assert [found.message_id for found in storage.messages(to="other@X.test")] == ["id-5"]
    assert [found.message_id for found in storage.messages(search="gröSSe")] == []
    assert [found.message_id for found in storage.messages(search="other@")] == ["id-5"]
    assert storage.messages(limit=1, raw=False)[0].raw == b""
    found = storage.message("id-5")
    assert found is not None
    assert (found.region, found.raw, found.meta) == (WEST, b"raw\x00", {"tags": {"a": ["b"]}})
    assert storage.message("id-9") is None
    assert (storage.message_count(), storage.message_count(WEST)) == (6, 1)


def test_due_work_by_time_then_id_and_gone_when_done(storage: Storage) -> None:
    post = {"endpoint": "http://slow.test/"}
    write(storage, Due(20.0, "b", {"n": 1}), Due(10.0, "a", {"n": 2}), Due(10.0, "post", post), Due(99.0, "c", {}))
    rows = storage.due(20.0, 10)
    assert [(row.task, row.at) for row in rows] == [("a", 10.0), ("post", 10.0), ("b", 20.0)]
    assert rows[0].data == {"n": 2}
    assert [row.task for row in storage.due(20.0, 1)] == ["a"]
    assert [row.task for row in storage.due(20.0, 10, full={"http://slow.test/"})] == ["a", "b"]
    assert [row.task for row in storage.due(20.0, 10, held={rows[0].id, rows[1].id})] == ["b"]
    assert storage.next_due_at(20.0) == 99.0
    write(storage, done=(rows[0].id,))
    assert [row.task for row in storage.due(20.0, 10)] == ["post", "b"]
    assert storage.next_due_at(99.0) is None


def test_history_of_a_message(storage: Storage) -> None:
    write(storage, Log(1.0, "event", "id-1", {"a": 1}), Log(2.0, "post", "id-1", {}), Log(3.0, "event", "id-2", {}))
    assert [line.log.at for line in storage.history()] == [3.0, 2.0, 1.0]
    newest, oldest = storage.history("id-1")
    assert (newest.log.kind, oldest.log.data, oldest.region) == ("post", {"a": 1}, EAST)
    assert [line.id for line in storage.history("id-1", before=newest.id)] == [oldest.id]
    assert [line.log.message_id for line in storage.history(kind="event", limit=1)] == ["id-2"]


def test_a_failed_batch_leaves_nothing(storage: Storage) -> None:
    write(storage, Store(message(1)))
    with pytest.raises(sqlite3.IntegrityError):
        write(storage, Put(topic("t")), Due(1.0, "a", {}), Store(message(1)))
    assert storage.load() == {}
    assert storage.due(10.0, 10) == []
    write(storage, Put(topic("t")))
    assert storage.load()[EAST].all(Topic) == [topic("t")]


def test_meta_survives_a_reset(storage: Storage) -> None:
    batch = Batch()
    batch.meta["certificate"] = "one"
    storage.write(batch)
    write(storage, Put(topic("t")), Store(message(1)), Due(1.0, "a", {}), Log(1.0, "event", "id", {}))
    storage.reset()
    assert storage.load() == {}
    assert (storage.messages(), storage.due(9.0, 9), storage.history()) == ([], [], [])
    assert storage.meta("certificate") == "one"
    assert storage.meta("unknown") is None


def test_due_ids_are_not_used_twice(storage: Storage) -> None:
    write(storage, Due(1.0, "a", {}))
    (first,) = storage.due(1.0, 9)
    write(storage, Due(1.0, "b", {}), done=(first.id,))
    (second,) = storage.due(1.0, 9)
    assert second.id != first.id


def test_state_is_there_after_reopening(tmp_path: Path) -> None:
    path = str(tmp_path / "box.db")
    first = Storage(path, account_id="1")
    write(first, Put(topic("t")), Store(message(1)), Due(1.0, "a", {}))
    first.close()
    again = Storage(path, account_id="1", fsync=True)
    assert again.load()[EAST].all(Topic) == [topic("t")]
    assert len(again.messages()) == len(again.due(1.0, 9)) == 1
    again.close()


def test_two_programs_cannot_share_a_file(tmp_path: Path) -> None:
    path = str(tmp_path / "box.db")
    first = Storage(path, account_id="1")
    with pytest.raises(StorageError, match=r"is in use by another sesbox \(process \d+\)"):
        Storage(path, account_id="1")
    first.close()
    Storage(path, account_id="1").close()


def test_files_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, and long enough to be seen as none" * 20)
    with pytest.raises(StorageError, match=r"cannot use the data file .*text\.db: file is not a database"):
        Storage(str(tmp_path / "text.db"), account_id="1")
    with pytest.raises(StorageError, match="cannot use the data file"):
        Storage(str(tmp_path / "no-such-folder" / "box.db"), account_id="1")
    storage = Storage(str(tmp_path / "new.db"), account_id="1")
    batch = Batch()
    batch.meta["schema"] = "2"
    storage.write(batch)
    storage.close()
    with pytest.raises(StorageError, match="has format 2; this sesbox reads 1"):
        Storage(str(tmp_path / "new.db"), account_id="1")
