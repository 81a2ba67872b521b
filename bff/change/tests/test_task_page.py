"""The page of a request: every state says what it is, in both languages, and no word of anybody is markup."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bff.change.policy import A_DAY
from bff.change.states import State
from bff.change.tests.conftest import Gardens
from bff.change.tests.policies import TWO
from bff.change.tests.scene import Scene, words

EVIL = '<img src=x onerror="alert(1)">'


def pending(scene: Scene) -> str:
    """A request that waits."""
    return scene.ask()


def approved(scene: Scene) -> str:
    """One whose last approver's process died."""
    task = scene.ask()
    with scene.app.test_request_context():
        scene.changes._decide(scene.task(task), "approve", "", scene.identity("wanda"))
    return task


def executing(scene: Scene) -> str:
    """One that is being carried out in this moment."""
    task = approved(scene)
    with scene.app.test_request_context():
        scene.changes.execution._claim(scene.task(task), None)
    return task


def unknown(scene: Scene) -> str:
    """One whose answer was lost."""
    scene.gates.fault = "before"
    return done(scene)


def done(scene: Scene) -> str:
    """One that was approved and sent."""
    task = scene.ask()
    scene.decide("wanda", task)
    return task


def failed(scene: Scene) -> str:
    """One that was not found a minute after its answer was lost."""
    task = unknown(scene)
    scene.gates.fault = ""
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        scene.tend()
    return task


def rejected(scene: Scene) -> str:
    """One that was rejected."""
    task = scene.ask()
    scene.decide("wanda", task, "reject", reason="no")
    return task


def withdrawn(scene: Scene) -> str:
    """One that its maker took back."""
    task = scene.ask()
    scene.decide("greta", task, "withdraw")
    return task


def expired(scene: Scene) -> str:
    """One that nobody decided."""
    task = scene.ask()
    with time_machine.travel(datetime.now(UTC) + A_DAY):
        scene.tend()
    return task


def stale(scene: Scene) -> str:
    """One whose gate moved."""
    task = scene.ask()
    scene.gates.put(1, "AJAR")
    return task


SAYS: list[tuple[State, Callable[[Scene], str], tuple[str, str]]] = [
    (State.PENDING, pending, ("Waiting for approval", "En attente d'approbation")),
    (State.APPROVED, approved, ("It is approved", "Elle est approuvée")),
    (State.EXECUTING, executing, ("It is being carried out", "L'exécution est en cours")),
    (State.UNKNOWN, unknown, ("The outcome is not known", "L'issue n'est pas connue")),
    (State.DONE, done, ("It was done", "C'est fait")),
    (State.FAILED, failed, ("Nothing of it was found a minute later", "Une minute plus tard, rien n'en a été trouvé")),
    (State.REJECTED, rejected, ("It was rejected", "La demande a été rejetée")),
    (State.WITHDRAWN, withdrawn, ("It was withdrawn", "La demande a été retirée")),
    (State.EXPIRED, expired, ("Its time is over", "Son délai est écoulé")),
    (State.STALE, stale, ("It has changed since this was asked for.", "L'objet a changé depuis la demande.")),
]


@pytest.mark.parametrize(("state", "made", "says"), SAYS, ids=[str(state) for state, _made, _says in SAYS])
def test_every_state_is_told_in_both_languages(
    scene: Scene, state: State, made: Callable[[Scene], str], says: tuple[str, str]
) -> None:
    task = made(scene)
    for language, sentence in zip(("en", "fr"), says, strict=True):
        answer = scene.person("wanda").get(f"/approvals/{task}", headers={"Portal-Locale": language})
        assert (answer.status_code, scene.state(task)) == (200, state)
        assert sentence in words(answer.text)
        # A page that waits for something looks again; one that is decided does not.
        assert ("hx-trigger" in answer.text) == (state in (State.APPROVED, State.EXECUTING, State.UNKNOWN))
        told = scene.person("wanda").get(f"/api/approvals/{task}", headers={"Portal-Locale": language})
        assert told.get_json()["state"] == state
        assert told.get_json()["may"]["approve"] is (state is State.PENDING)


def test_every_state_of_a_task_is_among_them() -> None:
    assert {state for state, _made, _says in SAYS} == set(State)


def test_a_french_reader_is_told_in_french_what_an_english_checker_found(garden_under: Gardens) -> None:
    scene = garden_under(TWO)
    task = scene.ask()
    scene.decide("wanda", task)
    scene.revoke("wanda")
    scene.decide("will", task)
    page = scene.page(task, "will", **{"Portal-Locale": "fr"})
    assert "Wanda n'en a plus le droit" in page
    assert "Wanda may not do this any more" in scene.page(task, "will")


def test_the_form_speaks_french(scene: Scene) -> None:
    page = words(scene.person("greta").get("/gates/1/shut", headers={"Portal-Locale": "fr"}).text)
    assert "La demande va à une autre personne pour approbation" in page
    assert "Elle attend 2 heures au plus." in page


def test_no_word_of_anybody_is_markup(scene: Scene) -> None:
    form = {"confirmed": "yes", "reason": EVIL, "attempt": EVIL}
    answer = scene.person("greta", name=EVIL, roles=["gardener", EVIL]).post("/gates/1/shut", data=form)
    task = answer.location.rpartition("/")[2]
    scene.decide("wanda", task, sha256="", reason=EVIL, claims={"name": EVIL})
    scene.decide("wanda", task, EVIL, reason=EVIL)
    scene.decide("wanda", task, "reject", reason=EVIL, claims={"name": EVIL})
    for address in (f"/approvals/{task}", "/gates/1"):
        page = scene.person("wanda").get(address).text
        assert "<img" not in page
    page = scene.person("wanda").get(f"/approvals/{task}").text
    assert page.count("&lt;img src=x") >= 4


def test_no_word_of_a_form_is_markup(scene: Scene) -> None:
    sent = {"reason": EVIL, EVIL: EVIL, "weight": EVIL, "colour": EVIL * 9}
    for rule in ("shut", "paint"):
        for answer in (
            scene.person("greta").get(f"/gates/1/{rule}", query_string=sent),
            scene.person("greta").post(f"/gates/1/{rule}", data={**sent, "confirmed": "yes"}),
        ):
            assert answer.status_code in (200, 422)
            assert "<img" not in answer.text


def test_the_hubs_words_are_no_markup(scene: Scene) -> None:
    scene.gates.fault = "refused"
    task = done(scene)
    page = scene.person("wanda").get(f"/approvals/{task}").text
    assert "3100 The gate is &lt;stuck&gt;" in page


def test_the_page_says_who_asked_in_which_role_and_why(scene: Scene) -> None:
    page = scene.page(scene.ask(reason="rain"))
    for part in ("Greta (Gardener)", "Shut gate 1, the old one.", "gate:1", "rain", "0 of 1", "Amounts when"):
        assert part in page


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(scene: Scene) -> None:
    task = unknown(scene)
    assert 'hx-headers=\'{"Portal-Poll":"1"}\'' in scene.person("wanda").get(f"/approvals/{task}").text
