"""The controllable clock, with a wall clock made of a list."""

import pytest

from sesbox.clock import Clock


class Wall:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_it_shows_wall_time_until_it_is_moved(wall: Wall) -> None:
    clock = Clock(wall)
    assert clock.now() == 1000.0
    clock.advance(86_400)
    wall.time += 1
    assert clock.now() == 1001.0 + 86_400
    assert clock.wall() == 1001.0
    assert clock.offset == 86_400


def test_it_stands_still_and_goes_on_from_there(wall: Wall) -> None:
    clock = Clock(wall)
    clock.pause()
    wall.time += 50
    assert clock.now() == 1000.0
    assert clock.seconds_until(1001.0) is None
    clock.advance(5)
    assert clock.now() == 1005.0
    assert clock.seconds_until(1005.0) == 0.0
    clock.resume()
    wall.time += 2
    assert clock.now() == 1007.0
    assert clock.seconds_until(1010.0) == 3.0


def test_it_never_goes_back(wall: Wall) -> None:
    clock = Clock(wall)
    clock.set(2000.0)
    assert clock.now() == 2000.0
    with pytest.raises(ValueError, match="does not go back"):
        clock.set(1999.0)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
    clock.reset()
    assert clock.now() == 1000.0


@pytest.mark.parametrize("pause", [False, True])
def test_its_state_survives_a_restart(wall: Wall, pause: bool) -> None:
    clock = Clock(wall)
    clock.advance(500)
    if pause:
        clock.pause()
    wall.time += 10
    again = Clock(wall, clock.state())
    assert again.now() == clock.now()
    assert again.paused is pause


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), 1e18, 300_000_000_000.0])
def test_it_goes_to_no_moment_that_no_calendar_has(wall: Wall, moment: float) -> None:
    clock = Clock(wall)
    with pytest.raises(ValueError, match="year 9000"):
        clock.set(moment)
    with pytest.raises(ValueError, match="year 9000"):
        clock.advance(moment)
    assert clock.now() == 1000.0
