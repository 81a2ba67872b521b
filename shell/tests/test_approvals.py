"""What people find on the approvals page: every app's tasks in one list, and what is missing from it by name."""

import re
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from shell.registry.manifests import read
from shell.tests.approving import LIST, holding, task, with_approvals
from shell.tests.apps import Asked, hangs, manifest, says, told
from shell.tests.conftest import HTMX, MakePortal, serves_manifest
from shell.tests.scripted import ROOM, SOON, Peer


def main_of(browser: FlaskClient, path: str = "/approvals") -> str:
    response = browser.get(path)
    assert response.status_code == 200
    return response.text.split("<main", 1)[1].split("</main>", 1)[0]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_tasks_of_all_apps_are_listed_by_urgency_with_links_to_their_own_pages(portal: MakePortal) -> None:
    late, soon = "2026-12-01T09:00:00Z", "2026-11-23T08:00:00Z"
    made = portal(
        alpha=holding("alpha", task("alpha", "a1", expires_at=late), task("alpha", "a2", expires_at=None)),
        beta=holding("beta", task("beta", "b1", expires_at=soon)),
    )
    main = main_of(made.user("reader"))
    places = [
        main.index(f'href="/{path}"') for path in ("beta/approvals/b1", "alpha/approvals/a1", "alpha/approvals/a2")
    ]
    assert places == sorted(places)
    text = words(main)
    assert "Shut gate b1. App beta Mary Maker" in text
    assert "1,234.50 USD 1 of 2 Pending" in text
    assert "Waiting for me 3" in text


def test_of_two_tasks_that_expire_together_the_older_comes_first(portal: MakePortal) -> None:
    made = portal(
        alpha=holding("alpha", task("alpha", "young", made_at="2026-11-22T10:00:00Z")),
        beta=holding("beta", task("beta", "old", made_at="2026-11-22T08:00:00Z")),
    )
    main = main_of(made.user("reader"))
    assert main.index("Shut gate old.") < main.index("Shut gate young.")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/approvals", "waiting"),
        ("/approvals?show=mine", "mine"),
        ("/approvals?show=open", "open"),
        ("/approvals?show=decided", "decided"),
        ("/approvals?show=../secrets", "waiting"),
    ],
)
def test_each_tab_asks_every_app_for_its_own_tasks(portal: MakePortal, path: str, asked: str) -> None:
    made = portal(alpha=holding("alpha", task()), beta={})
    main_of(made.user("reader"), path)
    assert [each.target for each in made.asked("alpha")] == [f"{LIST}?show={asked}&limit=200"]
    assert made.asked("beta") == [], "an app that offers no approvals is not asked"


def test_a_strangers_app_may_offer_its_tasks_at_an_address_of_its_own(portal: MakePortal) -> None:
    made = portal(
        alpha={"/manifest.json": with_approvals("alpha", "/v2/inbox"), "/v2/inbox": told({"approvals": [task()]})}
    )
    assert "Shut gate t1." in main_of(made.user("reader"))


def test_a_silent_a_dead_and_a_failing_app_are_named_and_cost_nobody_elses_tasks(portal: MakePortal) -> None:
    made = portal(
        settings={"gather_seconds": ROOM},
        alpha={**holding("alpha"), LIST: hangs},
        beta=holding("beta", task("beta")),
        gamma={**holding("gamma"), LIST: says(b"oops", "500 Internal Server Error")},
        delta=holding("delta", task("delta", "gone")),
    )
    made.servers["delta"].__exit__()
    browser, began = made.user("reader"), time.monotonic()
    main = main_of(browser)
    assert time.monotonic() - began < SOON
    for name in ("alpha", "gamma", "delta"):
        assert f"App {name} does not answer: its approvals are not listed" in main
    assert "Shut gate t1." in main
    assert "oops" not in main


def test_an_app_that_nobody_has_heard_of_yet_is_named_too(portal: MakePortal) -> None:
    made = portal(alpha={"/manifest.json": hangs})
    made.servers["alpha"].__exit__()
    assert "Alpha does not answer: its approvals are not listed" in main_of(made.user("reader"))


LIES: list[dict[str, Any]] = [
    {"href": "/beta/approvals/t1"},
    {"href": "https://evil.example/alpha/approvals"},
    {"href": "//evil.example/alpha/"},
    {"href": "/alpha/../beta/approvals/t1"},
    {"href": "/alpha/%2e%2e/beta"},
    {"href": "/alpha\\..\\beta"},
    {"href": "javascript:alert(1)"},
    {"href": "/alpha"},
    {"href": "/alphabet/t1"},
    {"id": "t1/../../decisions"},
    {"id": "t1|t2"},
    {"id": 7},
    {"sha256": "5"},
    {"sha256": None},
    {"state": "<b>DONE</b>"},
    {"sentence": "", "title": ""},
    {"sentence": ["Shut"]},
    {"made_at": "yesterday"},
    {"made_at": "0001-01-01T00:00:00+14:00"},
    {"expires_at": "9999-12-31T23:59:59Z"},
    {"amounts": [{"currency": "USD", "amount": 12.5}]},
    {"amounts": [{"currency": "US", "amount": "1"}]},
    {"amounts": [{"currency": "USD", "amount": "1E+999999"}]},
    {"amounts": "much"},
    {"required": -1},
    {"given": True},
    {"may": {"approve": "yes"}},
    {"may": []},
    {"maker": "Mary"},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_a_task_that_cannot_be_believed_is_refused_alone_and_counted(portal: MakePortal, lie: dict[str, Any]) -> None:
    made = portal(alpha=holding("alpha", task("alpha", "bad") | lie, task("alpha", "good")))
    main = main_of(made.user("reader"))
    assert "1 request of App alpha cannot be shown" in main
    assert "Shut gate good." in main
    assert "Shut gate bad." not in main
    assert "evil" not in main


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b"null",
        b"<html>",
        b"[" * 100_000,
        b'{"approvals": NaN}',
        b"1" * 5000,
        b'{"a":"' + b"x" * 2_000_000 + b'"}',
    ],
)
def test_an_answer_that_is_no_json_object_counts_as_none(portal: MakePortal, answer: bytes) -> None:
    made = portal(alpha={**holding("alpha"), LIST: says(answer, Content_Type="application/json")})
    assert "App alpha does not answer" in main_of(made.user("reader"))


def test_nothing_that_an_app_says_is_taken_for_html_or_turns_the_text_around(portal: MakePortal) -> None:
    said = "<script>alert(1)</script>\u202e Shut\x00 it"
    named = {"subject": "u-1", "name": '"><img src=x>'}
    main = main_of(portal(alpha=holding("alpha", task(sentence=said, maker=named))).user("reader"))
    assert "<script>alert" not in main
    assert "<img" not in main
    assert "\u202e" not in main
    assert "&lt;script&gt;" in main


def test_a_flood_of_tasks_is_cut_and_the_rest_is_counted(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha", *(task(number=f"t{index}") for index in range(300)), total=412))
    main = main_of(made.user("reader"))
    assert "App alpha has 412; 200 of them are listed" in main
    assert main.count('name="task"') == 200


def test_only_what_a_person_may_decide_has_a_checkbox_and_the_rest_says_why_not(portal: MakePortal) -> None:
    own = task(number="own", may={"withdraw": True}, why_not="You asked for it yourself.")
    made = portal(alpha=holding("alpha", own, task(number="other")))
    everything = main_of(made.user("reader"), "/approvals?show=open")
    assert re.findall(r'name="task" value="alpha\|(\w+)\|', everything) == ["other"]
    assert "You asked for it yourself." in everything
    assert 'value="withdraw"' not in everything
    mine = main_of(made.user("reader"), "/approvals?show=mine")
    assert re.findall(r'name="task" value="alpha\|(\w+)\|', mine) == ["own"]
    assert re.findall(r'name="verdict" value="(\w+)"', mine) == ["withdraw"]


def test_whoever_has_no_permission_at_all_sees_an_empty_page(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha"))
    main = main_of(made.user())
    assert "Nothing waits for you" in main
    assert "<form" not in main


def test_the_page_needs_a_login(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha"))
    assert made.app.test_client().get("/approvals").status_code == 302
    assert made.asked() == []


def test_the_badge_counts_over_all_apps_and_remembers_it_for_a_moment(portal: MakePortal) -> None:
    made = portal(alpha=holding("alpha", waiting=3), beta=holding("beta", waiting=2))
    browser = made.user("reader")
    assert '<b aria-hidden="true">5</b>' in browser.get("/slots/badges", headers=HTMX).text
    assert "5 wait for you" in browser.get("/slots/badges", headers=HTMX).text
    assert [each.target for each in made.asked("alpha")] == [f"{LIST}?show=waiting&limit=1"]
    assert "5</b>" in made.user("visitor").get("/slots/badges", headers=HTMX).text
    assert len(made.asked("alpha")) == 2, "nobody sees what was counted for somebody else"


def test_the_badge_shows_nothing_for_none_and_a_plus_where_an_app_is_silent(portal: MakePortal) -> None:
    silent = {**holding("beta"), LIST: says(b"", "500 Internal Server Error")}
    made = portal(alpha=holding("alpha"))
    assert made.user("reader").get("/slots/badges", headers=HTMX).text.strip() == ""
    assert (
        "3+</b>"
        in portal(alpha=holding("alpha", waiting=3), beta=silent).user("reader").get("/slots/badges", headers=HTMX).text
    )


def test_every_page_leads_to_the_approvals_and_asks_for_the_count_without_keeping_the_session_awake(
    portal: MakePortal,
) -> None:
    page = portal(alpha={}).user("reader").get("/").text
    link = re.search(r'<a class="button quiet approvals" href="/approvals">.*?</a>', page)
    assert link
    assert 'hx-get="/slots/badges"' in link[0]
    assert '{"Portal-Poll":"1"}' in link[0]
    assert "every 60s" in link[0]


def test_a_person_without_htmx_who_asks_for_the_count_gets_the_page(portal: MakePortal) -> None:
    assert portal(alpha={}).user("reader").get("/slots/badges").headers["Location"] == "/approvals"


@pytest.mark.parametrize(
    "listed",
    [None, "all", [7], [{"name": "approvals"}], [{"name": "approvals", "href": "//evil"}], [{"name": 1, "href": "/a"}]],
)
def test_a_broken_interface_costs_an_app_neither_its_pages_nor_other_interfaces(listed: Any) -> None:
    known = read(manifest("alpha", surprises=1) | {"interfaces": listed}, "alpha")
    assert known.interface("approvals") is None
    assert known.navigation
    good = [{"name": "audit", "href": "/api/audit", "permission": "alpha:audit:view", "since": 2}]
    more = read(manifest("alpha") | {"interfaces": [*(listed if isinstance(listed, list) else []), *good]}, "alpha")
    found = more.interface("audit")
    assert found is not None
    assert (found.href, found.permission) == ("/api/audit", "alpha:audit:view")


def test_what_waits_behind_two_hundred_others_is_listed_too(portal: MakePortal) -> None:
    def pages(peer: Peer, asked: Asked) -> None:
        second = "after=on" in asked.target
        items = [task(number=f"t{200 + second}")] if second else [task(number=f"t{number}") for number in range(200)]
        told({"approvals": items, "total": 201, "waiting": 201, "next": "" if second else "on"})(peer, asked)

    made = portal(alpha={"/manifest.json": with_approvals("alpha"), LIST: pages})
    page = made.user("reader").get("/approvals?show=open").text
    assert "Shut gate t201." in page
    assert [asked.target for asked in made.asked("alpha")][-1] == f"{LIST}?show=open&limit=200&after=on"


def test_what_apps_show_to_those_who_decide_stands_above_what_waits_for_them(portal: MakePortal) -> None:
    slots = [{"name": "approvals", "href": "/card", "permission": "beta:page:read"}]
    card = {"/manifest.json": serves_manifest("beta", slots=slots), "/card": says(b"<p>a run has stopped</p>")}
    made = portal(alpha=holding("alpha", task()), beta=card)
    main = main_of(made.user("reader"), "/approvals")
    assert main.index("a run has stopped") < main.index("Shut gate t1.")
    assert "a run has stopped" in made.user("reader").get("/approvals", headers=HTMX).text
    assert "a run has stopped" not in main_of(made.user("reader"), "/approvals?show=decided")
    assert "a run has stopped" not in main_of(made.user("visitor"), "/approvals")


def test_an_app_that_is_late_with_what_it_shows_costs_nobody_the_approvals(portal: MakePortal) -> None:
    slots = [{"name": "approvals", "href": "/card"}]
    made = portal(
        settings={"slot_seconds": ROOM},
        alpha=holding("alpha", task()),
        beta={"/manifest.json": serves_manifest("beta", slots=slots), "/card": hangs},
    )
    main = main_of(made.user("reader"), "/approvals")
    assert "Shut gate t1." in main
    assert 'hx-get="/slots/approvals/beta/0"' in main
