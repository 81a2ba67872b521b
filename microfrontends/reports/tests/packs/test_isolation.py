"""Another participant's pack is answered like one that does not exist, whichever way it is asked for; tries counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from microfrontends.reports.packs.records import Pack
from microfrontends.reports.tests.packs.scene import (
    ANSWER,
    ANSWER_FOR,
    OPEN_TO_DFSPS,
    REPORTS,
    VIEW,
    WATCH,
    Scene,
    copy_of,
)
from microfrontends.reports.tests.test_interference import CHANGES, content

OWN, OTHER = "alphabank", "betawallet"
EVERYTHING = (VIEW, ANSWER_FOR, WATCH, ANSWER, *OPEN_TO_DFSPS)


@pytest.fixture(scope="module")
def whole(delivered_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """All packs, of which alphabank has acknowledged one and disputed another."""
    made = copy_of(delivered_folder, tmp_path_factory.mktemp("isolation"))
    alpha, (one, other) = made.of(OWN), (made.one(OWN), made.one(OWN, settlement=2))
    for pack in (one, other):
        assert alpha.get(f"/packs/{pack.id}/files/csv").data
    assert alpha.post(f"/api/packs/{one.id}/acknowledge", json={}).status_code == 202
    assert alpha.post(f"/api/packs/{other.id}/dispute", json={"reason": "SECRET-REASON"}).status_code == 202
    return made


def ways(pack: Pack) -> Iterator[tuple[str, str]]:
    """Every address of one pack, with its method."""
    for prefix in ("", "/api"):
        yield "GET", f"{prefix}/packs/{pack.id}"
        for form in ("csv", "xlsx", "json", "jsonl", "pdf", "../csv", "%2e%2e"):
            yield "GET", f"{prefix}/packs/{pack.id}/files/{form}"
        for verb in ("acknowledge", "dispute"):
            yield "POST", f"{prefix}/packs/{pack.id}/{verb}"
        for verb in ("answer", "retry"):
            yield "POST", f"{prefix}/deliveries/{pack.id}/{verb}"
    for verb in ("acknowledge", "dispute"):
        yield "GET", f"/packs/{pack.id}/{verb}"
    for verb in ("answer", "retry"):
        yield "GET", f"/deliveries/{pack.id}/{verb}"
    yield "GET", f"/deliveries/packs/{pack.id}"


def ask(client: FlaskClient, method: str, path: str) -> tuple[int, str]:
    if method == "GET":
        answer = client.get(path)
    elif path.startswith("/api"):
        answer = client.post(path, json={"reason": "x"})
    else:
        answer = client.post(path, data={"confirmed": "yes", "reason": "x"})
    return answer.status_code, answer.text if answer.data[:2] != b"PK" else "a workbook"


def of_others(scene: Scene) -> list[Pack]:
    """All of alphabank's, and one of each other's."""
    found = [pack for pack in scene.packs() if pack.participant != OTHER]
    return [pack for pack in found if pack.participant == OWN or (pack.report, pack.event.object) == (REPORTS[0], 1)]


def test_no_way_leads_to_another_participants_pack(whole: Scene, tried: list[bool]) -> None:
    beta, leaks = whole.of(OTHER, permissions=EVERYTHING), []
    for pack in of_others(whole):
        for method, path in ways(pack):
            status, text = ask(beta, method, path)
            leaked = status != 404 or pack.participant in text or "SECRET-REASON" in text
            tried.append(leaked)
            leaks += [(method, path, status)] if leaked else []
    assert leaks == []
    states = {(pack.participant, str(pack.state)) for pack in of_others(whole)}
    assert {state for name, state in states if name != OWN} == {"NEW"}


def test_what_is_answered_of_anothers_pack_is_what_is_answered_of_none(whole: Scene, tried: list[bool]) -> None:
    beta, there = whole.of(OTHER, permissions=EVERYTHING), whole.one(OWN).id
    nowhere = "00000000-0000-4000-8000-000000000000"
    for method, path in ways(whole.one(OWN)):
        here, none = ask(beta, method, path), ask(beta, method, path.replace(there, nowhere))
        differs = here[0] != none[0] or len(here[1]) != len(none[1])
        tried.append(differs)
        assert not differs, path


QUERIES = [
    *(f"{name}={OWN}" for name in ("participant", "participants", "fspId", "dfspId", "name")),
    *(f"participant={OTHER}&participant={OWN}", "participant=%25", "participant=ALPHABANK", "all_participants=1"),
    *("since=0", "since=0&limit=500", "before=999999", "state=DISPUTED", "state=ACKNOWLEDGED", "number=1"),
    *("event=settled", "report=dfsp-settlement", "overdue=yes"),
]


LISTS = [
    *("/packs?", "/api/packs?", "/slots/packs?", "/deliveries?", "/deliveries/packs?", "/slots/deliveries?"),
    *("/api/approvals?show=open&", "/api/approvals?show=decided&"),
]


@pytest.mark.parametrize("path", LISTS)
def test_no_list_names_another_participant_whatever_is_asked_for(whole: Scene, path: str, tried: list[bool]) -> None:
    beta, leaks = whole.of(OTHER, permissions=EVERYTHING), []
    strangers = {pack.id for pack in of_others(whole)} | {"gammapay", "deltamfi", "SECRET-REASON"}
    for query in QUERIES:
        answer = beta.get(f"{path}{query}")
        # What was typed may be said again; nothing else of the others.
        said = (
            answer.text.replace(f"Participant: {OWN}", "")
            .replace(f'value="{OWN}"', "")
            .replace(f"participant={OWN}", "")
        )
        leaked = answer.status_code not in (200, 422) or OWN in said or any(name in said for name in strangers)
        tried.append(leaked)
        leaks += [(path, query)] if leaked else []
    assert leaks == []


def test_events_show_their_own_row_of_the_matrix_alone(whole: Scene, tried: list[bool]) -> None:
    beta = whole.of(OTHER, permissions=EVERYTHING)
    for event in range(10):
        text = beta.get(f"/deliveries/events/{event}").text
        tried.append(any(name in text for name in (OWN, "gammapay", "deltamfi")))
    assert not any(tried[-10:])


@pytest.mark.parametrize(
    ("participants", "permissions"),
    [
        ((), EVERYTHING),  # no longer of any participant
        ((OTHER,), EVERYTHING),  # now of another
        ((OWN,), (VIEW, ANSWER_FOR)),  # no longer allowed any report
        ((OWN,), (VIEW, ANSWER_FOR, "reports:dfsp-settlement-result:view")),  # another report alone
    ],
)
def test_rights_are_asked_for_again_whenever_a_pack_is_read(
    whole: Scene, participants: tuple[str, ...], permissions: tuple[str, ...], tried: list[bool]
) -> None:
    """Whoever could read a pack yesterday reads it today by today's rights."""
    who, pack, leaks = whole.of(*participants, permissions=permissions), whole.one(OWN), []
    for method, path in ways(pack):
        if "deliveries" in path and WATCH not in permissions:
            continue
        status, text = ask(who, method, path)
        leaked = status != 404 or "710.26" in text
        tried.append(leaked)
        leaks += [(method, path, status)] if leaked else []
    assert leaks == []
    assert pack.id not in who.get("/packs").text + who.get("/api/packs").text


def test_whoever_belongs_to_two_participants_sees_those_of_both_and_no_more(whole: Scene, tried: list[bool]) -> None:
    both = whole.of(OWN, OTHER)
    seen = {each["participant"] for each in (both.get("/api/packs?limit=500").json or {})["packs"]}
    tried.append(seen != {OWN, OTHER})
    assert seen == {OWN, OTHER}


def test_what_the_others_deal_changes_no_file_of_a_pack(
    whole: Scene, tmp_path: Path, hub_folder: Path, tried: list[bool]
) -> None:
    """The same hub but for the others' dealings: alphabank's packs are the same to the last figure."""
    other = copy_of(hub_folder, tmp_path)
    engine = create_engine(other.hub_url)
    with engine.begin() as connection:
        own = connection.execute(text("SELECT participantId FROM participant WHERE name = :own"), {"own": OWN}).scalar()
        for change in CHANGES:
            assert connection.execute(text(change), {"own": own}).rowcount > 0
    engine.dispose()
    other.rounds().notice()
    with other.app.app_context():
        for pack in (mine := [each for each in other.packs(participant=OWN) if each.event.object == 1]):
            other.rounds().producer().take_up(pack.id)
    for pack in mine:
        same = whole.one(OWN, pack.report, pack.event.object)
        for form in ("csv", "json", "xlsx"):
            one, two = (produced(scene, each, form) for scene, each in ((whole, same), (other, pack)))
            tried.append(content(one) != content(two))
            assert not tried[-1], (pack.report, form)


def produced(scene: Scene, pack: Pack, form: str) -> bytes:
    file = next(each for each in scene.desk.packs.files(pack.id) if each.form == form)
    return b"".join(scene.desk.files.read(file.file or ""))
