"""Which callbacks wait for each other: those of one subject to one receiver."""

from hubbub.domain.delivery import queue_of

ROOM, CALL = "c" * 32, "a" * 32
URL = "https://acme.example/events"


def test_a_queue_is_a_subject_and_an_address_without_its_fragment() -> None:
    assert queue_of(ROOM, URL) == queue_of(ROOM, URL + "#rc=3&rp=5xx")
    others = [
        queue_of(CALL, URL),
        queue_of(ROOM, URL + "/"),
        queue_of(ROOM, URL + "?who=alice"),
        queue_of(ROOM, "https://other.example/events"),
    ]
    assert len({queue_of(ROOM, URL), *others}) == 5


def test_a_queue_is_a_number_that_a_database_holds_and_the_next_version_finds_again() -> None:
    assert queue_of(ROOM, URL) == 5001726292068317383
    assert all(0 <= queue_of(ROOM, f"{URL}/{number}") < 1 << 63 for number in range(200))
    assert queue_of(ROOM, "https://acme.example/\ud800") >= 0
