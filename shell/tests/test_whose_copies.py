"""The one unforgivable bug: twenty people, every cache on, a thousand requests at once, and nobody sees another's."""

import base64
import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

import pytest
from flask.testing import FlaskClient

from bff.access.assignments import SqlAssignments
from bff.identity.tests.conftest import redis_url  # noqa: F401 - a fixture
from shell.tests.apps import Asked, Route, says
from shell.tests.conftest import FORM, HTMX, MakePortal, Portal, serves_manifest
from shell.tests.scripted import Peer
from tests.figures import figure

PEOPLE, REQUESTS, AT_ONCE = 20, 1000, 8
PARTICIPANTS = ("payerfsp", "payeefsp", "greenwallet")
# Apps say the worst they can: that anybody may be shown it, that one ETag is everybody's, and sometimes nothing at all.
SAID = (
    "public, max-age=60",
    "private, max-age=60",
    "s-maxage=60, max-age=0, stale-while-revalidate=60",
    "no-cache",
    "",
)
WHOSE = re.compile(r'data-whose="([^"]*)"')


def whose(subject: str, participants: list[str], permissions: list[str], name: str) -> str:
    own = [permission for permission in permissions if permission.startswith(f"{name}:")]
    return ";".join((subject, ",".join(sorted(participants)), ",".join(sorted(own))))


def telling(name: str, chance: random.Random) -> Route:
    """Fragments that say for whom they were made."""

    def answer(peer: Peer, asked: Asked) -> None:
        part = asked.headers["portal-identity"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        text = whose(claims["sub"], claims["participants"], claims["permissions"], name)
        said = {"Cache_Control": chance.choice(SAID), "ETag": '"everybodys"', "Portal_Version": "1.0"}
        if chance.random() < 0.1:
            peer.answer(b"oops", "500 Internal Server Error")
        elif "if-none-match" in asked.headers:
            peer.answer(b"", "304 Not Modified", **said)
        else:
            peer.answer(f'<section class="panel" data-whose="{text}">{name}</section>'.encode(), **said)

    return answer


def app(name: str) -> dict[str, Route]:
    chance = random.Random(name)  # noqa: S311
    offered = [{"name": "home", "href": "/card", "max_age": 60}]
    offered.append({"name": "settlement", "href": "/facts/{id}", "permission": f"{name}:page:read"})
    told = telling(name, chance)
    marked = says(
        b'<div class="panels" data-slot="settlement" data-slot-context="id=1"></div>',
        Portal_Title="S",
        Portal_Version="1.0",
    )
    manifest = serves_manifest(name, slots=offered)
    return {"/manifest.json": manifest, "/card": told, "/facts/1": told, "/settlements/1": marked}


@dataclass
class Person:
    """One of the twenty, who does one thing at a time, as people do."""

    portal: Portal
    subject: str
    browser: FlaskClient
    lock: Lock = field(default_factory=Lock)

    def change_rights(self, chance: random.Random) -> None:
        store = SqlAssignments(self.portal.platform.settings.access_database_url)
        participant = chance.choice(PARTICIPANTS)
        if not store.add_participant(self.subject, participant, "test"):
            store.remove_participant(self.subject, participant)
        if not store.assign(self.subject, "reader", "test"):
            store.remove(self.subject, "reader")
        self.portal.app.extensions["portal_access"].forget(self.subject)

    def expected(self) -> set[str]:
        rights = self.portal.app.extensions["portal_access"].rights(self.subject)
        given = list(rights.participants), list(rights.permissions)
        return {whose(self.subject, *given, name) for name in ("alpha", "beta")}

    def act(self, chance: random.Random) -> tuple[int, int]:
        """One request; how many fragments were shown, and how many that were made for anybody else."""
        with self.lock:
            if chance.random() < 0.03:
                self.change_rights(chance)
            if chance.random() < 0.05:
                self.browser.post("/alpha/close", headers=FORM, data={"a": "1"})
            path = chance.choice(("/", "/", "/alpha/settlements/1", "/beta/settlements/1", "/slots/home/alpha/0"))
            answer = self.browser.get(path, headers=HTMX if path.startswith("/slots") else {})
            assert answer.status_code == 200
            found = WHOSE.findall(answer.text)
            return len(found), sum(each not in self.expected() for each in found)


def leaks(portal: Portal, requests: int) -> int:
    people = []
    for number in range(PEOPLE):
        subject = f"u-{number}"
        browser = portal.person(subject, *(("reader",), ("visitor",), ("reader", "visitor"))[number % 3])
        store = SqlAssignments(portal.platform.settings.access_database_url)
        for participant in PARTICIPANTS[: number % 4]:
            store.add_participant(subject, participant, "test")
        people.append(Person(portal, subject, browser))
    chances = [random.Random(number) for number in range(requests)]  # noqa: S311
    with ThreadPoolExecutor(AT_ONCE) as threads:
        seen = list(threads.map(lambda chance: chance.choice(people).act(chance), chances))
    shown = sum(count for count, _ in seen)
    assert shown > requests
    asked = len(portal.asked("alpha", "/card")) + len(portal.asked("beta", "/card"))
    assert asked < shown  # copies were in play at all
    return sum(foreign for _, foreign in seen)


@pytest.mark.parametrize("where", ["memory", "redis"])
def test_nobody_is_ever_shown_a_byte_that_was_made_for_another(
    portal: MakePortal, where: str, request: pytest.FixtureRequest
) -> None:
    settings = {"redis_url": request.getfixturevalue("redis_url")} if where == "redis" else {}
    made = portal(settings={"login_rate": "10000 per minute", **settings}, alpha=app("alpha"), beta=app("beta"))
    found = leaks(made, REQUESTS)
    figure("cache_cross_user_leaks", str(found))
    assert found == 0
