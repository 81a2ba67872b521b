"""The shell as a witness: what an app's audit was once seen to be, it must go on being."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bff.change.audit import AuditQuery, Outcome
from bff.change.heads import add_key
from shell.tests.apps import hangs, told
from shell.tests.auditing import AUDIT, Kept
from shell.tests.conftest import MakePortal, Portal, serves_manifest
from shell.tests.scripted import ROOM
from shell.tests.test_approvals import main_of, words
from shell.tests.test_audit import own_log
from shell.witness import Claim, Witness

PAGE = "/audit/integrity"


def rewritten(kept: Kept, folder: Path, count: int) -> Kept:
    """Another audit of the same app, under the same keys: what somebody with the database and the key could make."""
    other = folder / "other"
    other.mkdir(exist_ok=True)
    keys = folder / f"{kept.name}-keys.json"
    (other / keys.name).write_text(keys.read_text())
    forged = Kept(kept.name, other)
    for number in range(count):
        forged.write(target=f"gate:{number + 100}")
    return forged


def test_an_audit_that_only_grew_holds_and_its_newest_head_is_kept(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(5)
    made = portal(alpha=alpha.app())
    browser = made.user("alphaAuditor")
    first = words(main_of(browser, PAGE))
    assert "App alpha Holds" in first
    assert "this is the first time" in first
    for count in (1, 2, 7, 30):
        alpha.write_many(count)
        assert "App alpha Holds" in words(main_of(browser, PAGE))
    assert "Seen before 45 entries" in words(main_of(browser, PAGE))
    asked = [each.target for each in made.asked("alpha")]
    assert asked[:2] == [f"{AUDIT}/integrity", f"{AUDIT}/integrity?since=5"]


def test_an_audit_that_shrank_is_shown_with_what_it_was(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(9)
    made = portal(alpha=alpha.app())
    browser = made.user("auditor")
    main_of(browser, PAGE)
    head = alpha.log.head()
    assert head is not None
    forged = rewritten(alpha, tmp_path, 4)
    alpha.log, alpha.watch = forged.log, forged.watch
    for _ in range(2):
        main = main_of(browser, PAGE)
        assert "Contradicts what was seen" in main
        assert "entries were taken away" in main
        assert head.root in main
        assert "Entries 9 4" in words(main)
    told_once = own_log(made).entries(AuditQuery(action="audit.contradiction")).entries
    assert [(each.target, each.reason, each.before["size"], each.after["size"]) for each in told_once] == [
        ("audit:alpha", "shrunk", 9, 4)
    ]


@pytest.mark.parametrize("count", [9, 12, 16])
def test_an_audit_that_was_rewritten_is_found_however_long_it_is_now(
    portal: MakePortal, tmp_path: Path, count: int
) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(9)
    browser = portal(alpha=alpha.app()).user("alphaAuditor")
    main_of(browser, PAGE)
    forged = rewritten(alpha, tmp_path, count)
    alpha.log, alpha.watch = forged.log, forged.watch
    assert "the audit was rewritten" in main_of(browser, PAGE)


def test_a_rewritten_audit_stays_accused_until_it_is_again_what_it_was(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(9)
    browser = portal(alpha=alpha.app()).user("alphaAuditor")
    main_of(browser, PAGE)
    true, forged = alpha.log, rewritten(alpha, tmp_path, 12)
    alpha.log, alpha.watch = forged.log, forged.watch
    for _ in range(2):
        assert "First noticed on" in main_of(browser, PAGE)
    alpha.log, alpha.watch = true, Kept("alpha", tmp_path).watch
    alpha.write_many(4)
    assert "App alpha Holds" in words(main_of(browser, PAGE))


def test_an_audit_that_shows_no_proof_is_not_believed_and_not_kept(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(3)
    browser = portal(alpha=alpha.app()).user("alphaAuditor")
    main_of(browser, PAGE)
    alpha.write_many(2)
    for said in (None, [], ["00" * 32], ["zz"], "proof", [7]):
        alpha.spoken = {"consistency": said}
        assert "App alpha Holds" not in words(main_of(browser, PAGE))
    alpha.spoken = {}
    assert "App alpha Holds" in words(main_of(browser, PAGE))


def test_a_head_without_a_valid_signature_is_refused(portal: MakePortal, tmp_path: Path) -> None:
    alpha, other = Kept("alpha", tmp_path), Kept("beta", tmp_path)
    alpha.write()
    other.write()
    head, stranger = alpha.log.head(), other.log.head()
    assert head is not None
    assert stranger is not None
    browser = portal(alpha=alpha.app()).user("alphaAuditor")
    forged: list[dict[str, Any]] = [
        {"head": head.as_json() | {"size": 2}},
        {"head": head.as_json() | {"root": "0" * 64}},
        {"head": head.as_json() | {"signature": "0" * 128}},
        {"keys": other.log.keys.now().document},
        {"keys": {"keys": []}},
        {"keys": {"keys": [{"kty": "EC"}, {"kty": "OKP", "crv": "Ed25519", "x": "!"}]}},
    ]
    for said in forged:
        alpha.spoken = said
        assert "no key that it offers has signed it" in main_of(browser, PAGE), said
    alpha.spoken = {"head": stranger.as_json(), "keys": other.log.keys.now().document}
    assert "the audit of something else" in main_of(browser, PAGE)
    alpha.spoken = {}
    assert "this is the first time" in words(main_of(browser, PAGE)), "nothing of that was kept"


@pytest.mark.parametrize(
    "said",
    [
        {"head": "signed"},
        {"head": {"app": "alpha"}},
        {"size": -1},
        {"verified": "yes"},
        {"verified_at": "never"},
        {"first_bad": "1"},
        {"open_intents": "none"},
        {"open_intents": [{}]},
        {"keys": []},
    ],
)
def test_an_answer_that_makes_no_sense_counts_as_none(portal: MakePortal, tmp_path: Path, said: dict[str, Any]) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write()
    alpha.spoken = said
    main = main_of(portal(alpha=alpha.app()).user("alphaAuditor"), PAGE)
    assert "App alpha does not answer, or not in the agreed form" in main
    assert "Holds" not in main


def test_a_new_key_is_pointed_out_where_nothing_else_changed(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(3)
    browser = portal(alpha=alpha.app()).user("alphaAuditor")
    main_of(browser, PAGE)
    add_key(tmp_path / "alpha-keys.json")
    alpha.write_many(2)
    main = main_of(browser, PAGE)
    assert "It is signed with another key than before" in main
    assert "App alpha Holds" in words(main)
    assert "another key" not in main_of(browser, PAGE)


def test_damage_that_an_app_finds_in_its_own_audit_is_shown_with_the_first_bad_entry(
    portal: MakePortal, tmp_path: Path
) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(5)
    made = portal(alpha=alpha.app())
    browser = made.user("alphaAuditor")
    with alpha.log.engine.begin() as connection:
        for trigger in connection.scalars(text("select name from sqlite_master where type = 'trigger'")).all():
            connection.execute(text(f"drop trigger {trigger}"))
        connection.execute(text("update audit_entry set body = replace(body, 'gate:2', 'gate:9') where seq = 3"))
    text_of = words(main_of(browser, PAGE))
    assert "App alpha Does not verify" in text_of
    assert "The first bad entry is number 3." in text_of


def test_an_intent_without_an_outcome_is_listed(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write(outcome=Outcome.INTENT, task="t1", target="gate:4")
    alpha.write(outcome=Outcome.INTENT, task="t2", target="gate:5")
    alpha.write(outcome=Outcome.DONE, task="t2", target="gate:5")
    main = main_of(portal(alpha=alpha.app()).user("alphaAuditor"), PAGE)
    assert "It is not known how these ended" in main
    assert 'href="/audit/alpha/1">alpha.shut_gate gate:4' in main
    assert "gate:5" not in main


def test_an_audit_that_is_still_empty_holds_nothing_against_anybody(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    browser = portal(alpha=alpha.app()).user("alphaAuditor")
    assert "Contradicts" not in main_of(browser, PAGE)
    alpha.write()
    main_of(browser, PAGE)
    alpha.spoken = {"head": None, "size": 0}
    assert "entries were taken away" in main_of(browser, PAGE)


def test_a_silent_app_is_named_and_the_shells_own_chain_is_witnessed_like_any_other(
    portal: MakePortal, tmp_path: Path
) -> None:
    made = portal(settings={"gather_seconds": ROOM}, alpha=Kept("alpha", tmp_path).app(**{f"{AUDIT}/integrity": hangs}))
    browser = made.user("auditor")
    for _ in range(2):
        text_of = words(main_of(browser, PAGE))
        assert "App alpha does not answer" in text_of
        assert "Portal Holds" in text_of
    assert "entries on" in text_of


def test_two_readers_at_once_never_put_an_older_head_in_place_of_a_newer(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    alpha.write_many(2)
    made: Portal = portal(alpha=alpha.app())
    witness, keys = Witness(made.platform.settings.own_database), alpha.log.keys.now().document
    old = alpha.log.head()
    assert old is not None
    witness.hear("alpha", Claim(old, keys), None)
    seen = witness.seen("alpha")
    heads = []
    for _ in range(2):
        alpha.write()
        head = alpha.log.head()
        assert head is not None
        steps = alpha.log.consistency(2, head.size) or []
        heads.append(Claim(head, keys, tuple(bytes.fromhex(step) for step in steps)))
    for claim in reversed(heads):
        assert witness.hear("alpha", claim, seen).fault is None
    kept = witness.seen("alpha")
    assert kept is not None
    assert kept.head.size == 4
    assert json.loads(kept.public)["keys"][0]["kid"] == kept.head.key


def test_what_an_app_says_of_its_integrity_is_not_taken_for_html(portal: MakePortal, tmp_path: Path) -> None:
    alpha = Kept("alpha", tmp_path)
    entry = alpha.write(outcome=Outcome.INTENT, target="<img src=x>").as_json()
    alpha.spoken = {"problem": "<script>alert(1)</script>", "open_intents": [entry], "first_bad": 1, "verified": False}
    main = main_of(portal(alpha=alpha.app()).user("alphaAuditor"), PAGE)
    assert "<script>alert" not in main
    assert "<img" not in main


def test_an_app_that_offers_its_audit_elsewhere_is_asked_there(portal: MakePortal, tmp_path: Path) -> None:
    listed = [{"name": "audit", "href": "/v2/ledger", "permission": "alpha:audit:view"}]
    table = {"/manifest.json": serves_manifest("alpha", interfaces=listed), "/v2/ledger": told({"entries": []})}
    made = portal(alpha=table)
    assert "No entries match" in main_of(made.user("alphaAuditor"), "/audit")
    assert made.asked("alpha")[0].target.startswith("/v2/ledger?")
