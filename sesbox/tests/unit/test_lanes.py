"""The order of POSTs: turns between endpoints, order within one, bounds that hold."""

from __future__ import annotations

from sesbox.lanes import Lanes


def started(lanes: Lanes[str]) -> list[str]:
    found = []
    while (taken := lanes.take()) is not None:
        found.append(taken[2])
    return found


def test_endpoints_take_turns_and_each_keeps_its_order() -> None:
    lanes: Lanes[str] = Lanes()
    for number, name in enumerate(["a1", "a2", "a3", "b1", "b2"]):
        lanes.add(name[0], number, name)
    assert started(lanes) == ["a1", "b1", "a2", "b2", "a3"]


def test_one_endpoint_cannot_take_more_than_its_share() -> None:
    lanes: Lanes[str] = Lanes(concurrent=4, per_endpoint=2)
    for number in range(10):
        lanes.add("dead", number, f"d{number}")
    assert started(lanes) == ["d0", "d1"]
    lanes.add("live", 100, "l0")
    assert started(lanes) == ["l0"]
    lanes.done("dead", 0)
    assert started(lanes) == ["d2"]


def test_the_whole_is_bounded() -> None:
    lanes: Lanes[str] = Lanes(concurrent=3, per_endpoint=2)
    for number in range(6):
        lanes.add(f"e{number}", number, f"{number}")
    assert started(lanes) == ["0", "1", "2"]


def test_a_full_lane_takes_no_more_until_half_is_gone() -> None:
    lanes: Lanes[str] = Lanes(per_endpoint=1, length=4)
    assert [lanes.add("e", number, str(number)) for number in range(6)] == [True] * 4 + [False] * 2
    assert lanes.full == {"e"}
    assert lanes.held == {0, 1, 2, 3}
    rooms = []
    for _ in range(3):
        taken = lanes.take()
        assert taken is not None
        rooms.append(lanes.done("e", taken[1]))
    assert rooms == [False, True, False]
    assert lanes.full == set()
    assert lanes.held == {3}
