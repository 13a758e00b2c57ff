"""Forms of random ids."""

import itertools
import re
import uuid

from sesbox.ids import RandomIds

CHAIN = itertools.count()


def random_bytes(count: int) -> bytes:
    return bytes(next(CHAIN) * 7 % 251 for _ in range(count))


def test_message_ids_tell_region_and_time() -> None:
    ids = RandomIds(random_bytes)
    found = ids.message_id("us-west-2", 1_698_950_026.268)
    assert len(found) == 60
    assert re.fullmatch(r"0101018b9150141c-[0-9a-f-]{36}-000000", found)
    assert ids.message_id("xy-north-9", 0.0)[:2] == "01"
    assert ids.message_id("us-west-2", 0.0) != ids.message_id("us-west-2", 0.0)


def test_uuids_and_tokens() -> None:
    ids = RandomIds(random_bytes)
    assert uuid.UUID(ids.uuid()).version == 4
    tokens = {ids.token(32) for _ in range(20)}
    assert len(tokens) == 20
    assert all(re.fullmatch("[a-z0-9]{32}", token) for token in tokens)
    assert ids.token(0) == ""
