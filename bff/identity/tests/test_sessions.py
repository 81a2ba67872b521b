"""When a session begins, lives and ends, whatever store keeps it."""

import dataclasses
import threading
import time

import pytest

from bff.identity.sessions import Sessions, SessionStore
from bff.identity.tests.support import ISSUER, Clock, session
from bff.identity.ticket import Ticket

IDLE, LIFE = 900, 8 * 3600


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(store: SessionStore, clock: Clock) -> Sessions:
    return Sessions(store, IDLE, LIFE, clock)


def test_a_session_is_found_by_its_ticket_as_it_was_begun(sessions: Sessions) -> None:
    ticket, begun = sessions.begin(session())
    assert sessions.find(ticket) == begun
    assert dataclasses.replace(begun, sid="") == session(created=begun.created, tokens=begun.tokens)
    assert begun.sid == ticket.name


def test_two_sessions_of_one_person_have_nothing_in_common(sessions: Sessions) -> None:
    first, second = (sessions.begin(session())[0] for _ in range(2))
    assert first.id != second.id
    assert first.key != second.key


def test_a_session_ends_after_a_quarter_of_an_hour_without_activity(sessions: Sessions, clock: Clock) -> None:
    ticket, _ = sessions.begin(session())
    clock.ahead = IDLE - 1
    assert sessions.find(ticket, slide=False)
    clock.ahead = IDLE + 1
    assert sessions.find(ticket) is None
    clock.ahead = 0
    assert sessions.find(ticket) is None


def test_activity_keeps_a_session_alive(sessions: Sessions, clock: Clock) -> None:
    ticket, _ = sessions.begin(session())
    for _ in range(5):
        clock.ahead += IDLE - 60
        assert sessions.find(ticket)


def test_what_a_page_asks_by_itself_does_not(sessions: Sessions, clock: Clock) -> None:
    ticket, _ = sessions.begin(session())
    for _ in range(28):
        clock.ahead += 30
        assert sessions.find(ticket, slide=False)
    clock.ahead += 90
    assert sessions.find(ticket, slide=False) is None


def test_no_activity_keeps_a_session_beyond_its_absolute_end(sessions: Sessions, clock: Clock) -> None:
    ticket, _ = sessions.begin(session())
    while clock.ahead < LIFE - 600:
        clock.ahead += 600
        assert sessions.find(ticket)
    clock.ahead = LIFE + 1
    assert sessions.find(ticket) is None


def test_a_session_ended_by_its_name_is_gone(sessions: Sessions) -> None:
    ticket, begun = sessions.begin(session())
    assert sessions.end(begun.sid)
    assert sessions.find(ticket) is None


def test_all_sessions_of_a_person_end_together_and_nobody_elses(sessions: Sessions) -> None:
    own = [sessions.begin(session(provider_sid=f"p{number}"))[0] for number in range(3)]
    same_subject_elsewhere, _ = sessions.begin(session(issuer="https://other.example"))
    other, _ = sessions.begin(session(subject="u-marcus"))
    assert sessions.end_subject(ISSUER, "u-olivia") == 3
    assert [sessions.find(ticket) for ticket in own] == [None] * 3
    assert sessions.find(same_subject_elsewhere)
    assert sessions.find(other)


def test_a_session_of_the_provider_ends_the_sessions_that_came_from_it(sessions: Sessions) -> None:
    ended, _ = sessions.begin(session(provider_sid="p1"))
    kept, _ = sessions.begin(session(provider_sid="p2"))
    without, _ = sessions.begin(session(provider_sid=None))
    assert sessions.end_provider_session(ISSUER, "p1") == 1
    assert sessions.find(ended) is None
    assert sessions.find(kept)
    assert sessions.find(without)


def test_a_saved_change_is_found_and_keeps_both_ends(sessions: Sessions, clock: Clock) -> None:
    ticket, begun = sessions.begin(session())
    clock.ahead = 600
    changed = dataclasses.replace(begun, tokens=dataclasses.replace(begun.tokens, access_token="access-2"))
    assert sessions.save(ticket, changed)
    assert sessions.find(ticket, slide=False) == changed
    clock.ahead = IDLE + 1
    assert sessions.find(ticket) is None


def test_a_change_does_not_bring_back_a_session_that_was_ended_meanwhile(sessions: Sessions) -> None:
    ticket, begun = sessions.begin(session())
    sessions.end_subject(ISSUER, "u-olivia")
    assert not sessions.save(ticket, begun)
    assert sessions.find(ticket) is None


def test_a_right_id_with_a_wrong_key_opens_nothing_and_ends_nothing(sessions: Sessions) -> None:
    ticket, _ = sessions.begin(session())
    assert sessions.find(dataclasses.replace(ticket, key=Ticket.new().key)) is None
    assert sessions.find(ticket)


def test_one_sessions_value_in_the_place_of_anothers_does_not_open(sessions: Sessions) -> None:
    mine, _ = sessions.begin(session())
    theirs, _ = sessions.begin(session(subject="u-marcus"))
    stolen = sessions.store.get(theirs.name)
    assert stolen is not None
    sessions.store.rewrite(mine.name, stolen.value)
    assert sessions.find(mine) is None


def test_of_several_who_refresh_one_works_and_the_others_wait_for_it(sessions: Sessions) -> None:
    at_work, most, done = [0], [0], []

    def work() -> None:
        with sessions.lock("s", wait=True) as held:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
            time.sleep(0.02)
            at_work[0] -= 1
            done.append(held)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert done == [True] * 6


def test_who_does_not_want_to_wait_is_told_at_once(sessions: Sessions) -> None:
    with sessions.lock("s", wait=True) as first, sessions.lock("s", wait=False) as second:
        assert (first, second) == (True, False)
    with sessions.lock("s", wait=False) as third:
        assert third


def test_a_thing_that_may_happen_once_happens_once(sessions: Sessions) -> None:
    assert sessions.once("logout:1", 60)
    assert not sessions.once("logout:1", 60)
    assert sessions.once("logout:2", 60)


def test_a_printed_session_shows_no_token() -> None:
    assert "access-1" not in repr(session())
    assert "refresh-1" not in repr(session())
    assert "id-token-1" not in repr(session())
