"""Whether a hub answers as another one did: plays a recorded story on it and names each answer that differs.

A story is a file of JSON lines. A line is an exchange (on, do, send, status, answer), or what was seen of all accounts
and caps (see, accounts, limits). `unrecorded` marks a step that has to be taken although its answer was not kept. The
hub must be new: one OPEN window, no participant but Hub. Two hubs number things differently, so each number is replaced
by what it stands for, on both sides, before two answers are compared: dates by their form, money by its value and by
being a number or a text, lists without their order. Reads are repeated for a while, since a hub applies things later.
"""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import urllib3

FORMS = {
    "quoted": re.compile(r'"\d{4}-\d\d-\d\dT[\d:.]+Z"'),
    "iso": re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"),
    "sql": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?"),
}
IN_PATH = {
    "settlementWindows": "window",
    "settlements": "settlement",
    "participants": "participant",
    "accounts": "account",
}
IN_OBJECT = {"settlementWindows": "window", "accounts": "account", "participants": "participant"}
UNLIKE = ("settlementModelId",)  # numbers that stand for nothing else


@dataclass
class Side:
    """One hub's numbers, and what each stands for."""

    names: dict[tuple[str, int], str] = field(default_factory=dict)

    def name(self, kind: str, number: int, meaning: str) -> None:
        """Learn what a number stands for, once."""
        self.names.setdefault((kind, number), meaning)

    def count(self, kind: str, number: int) -> None:
        """Learn the next window, or the next settlement, by its turn."""
        turn = sum(known == kind for known, _ in self.names) + 1
        self.name(kind, number, f"{kind} {turn}")

    def learn(self, do: str, answer: Any) -> None:
        """Take from an answer the numbers that it explains."""
        for entry in _objects(answer):
            held = entry.get("accounts")
            for account in held if isinstance(held, list) else []:
                if isinstance(entry.get("name"), str) and "ledgerAccountType" in account:
                    whose = f"{entry['name']}/{account['ledgerAccountType']}/{account['currency']}"
                    self.name("account", account["id"], whose)
                elif isinstance(entry.get("id"), int) and ("account", account.get("id")) in self.names:
                    holder = self.names["account", account["id"]].split("/")[0]
                    self.name("participant", entry["id"], holder)
        if isinstance(answer, dict) and do.startswith("POST /v2/settlementWindows/") and "settlementWindowId" in answer:
            self.count("window", answer["settlementWindowId"])
        if isinstance(answer, dict) and do == "POST /v2/settlements" and "id" in answer:
            self.count("settlement", answer["id"])

    def meaning(self, value: Any, key: str = "", within: str = "") -> Any:
        """A value with every number replaced by what it stands for."""
        if isinstance(value, dict):
            kind = "settlement" if {"settlementWindows", "participants"} <= value.keys() else IN_OBJECT.get(within, "")
            told = {name: self.meaning(entry, name, within) for name, entry in value.items() if name not in UNLIKE}
            if isinstance(value.get("id"), int):
                told["id"] = self.names.get((kind, value["id"]), "not known") if within != "content" else "content"
            return told
        if isinstance(value, list):
            return sorted((self.meaning(entry, "", key or within) for entry in value), key=repr)
        if key in ("settlementWindowId", "settlementId") and value is not None:
            return self.names.get((key.removeprefix("settlement").removesuffix("Id").lower() or "settlement", value))
        return _plain(key, value)


def _plain(key: str, value: Any) -> Any:
    if key in ("createdDate", "changedDate", "created") and value is not None:
        return next((form for form, pattern in FORMS.items() if pattern.fullmatch(str(value))), f"no date: {value}")
    if key == "errorDescription":
        return re.sub(r"\d+", "#", value)
    if key in ("id", "self") and isinstance(value, str):
        return re.sub(r"^https?://[^/]+", "", value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"number {Decimal(value).normalize():f}"
    return value


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for entry in value if isinstance(value, list) else []:
        yield from _objects(entry)


@dataclass
class Replay:
    """A story on its way through a hub. `lag_s`: how long to wait for what a hub applies after its answer."""

    urls: dict[str, str]
    patience_s: float = 10
    lag_s: float = 3
    then: Side = field(default_factory=Side)
    now: Side = field(default_factory=Side)
    played: int = 0
    differences: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pool = urllib3.PoolManager()
        _, windows = self._call("settlement", "GET /v2/settlementWindows?state=OPEN")
        self.now.count("window", windows[0]["settlementWindowId"])

    def play(self, story: list[dict[str, Any]]) -> None:
        """Play all lines; what differs is in `differences`."""
        first = next(
            (re.search(r"/settlementWindows/(\d+)", line.get("do", "")) for line in story if _closes(line)), None
        )
        self.then.count("window", int(first[1]) if first else 1)
        for line in story:
            for name, account in line.get("accounts", {}).items():
                self.then.name("account", account["id"], name)
        for number, line in enumerate(story, 1):
            step = self._look if "see" in line else self._exchange
            may_wait = (
                "see" in line or line["do"].startswith("GET ") or (line.get("unrecorded") and line["on"] != "traffic")
            )
            until = time.monotonic() + (self.patience_s if may_wait else 0)
            while (difference := step(line)) and time.monotonic() < until:
                time.sleep(0.1)
            self.played += 0 if line.get("unrecorded") else 1
            if difference:
                self.differences.append(f"line {number}, {line.get('do') or line['see']}: {difference}")

    def score(self) -> str:
        """How many answers agreed, of how many."""
        return f"{self.played - len(self.differences)}/{self.played}"

    def _exchange(self, line: dict[str, Any]) -> str:
        before = self._state() if line["status"] == 202 else None
        do = self._translated_path(line["do"])
        status, answer = self._call(line["on"], do, self._translated(line.get("send")))
        if before is not None:
            self._wait_for_change(before)
        if line["on"] == "traffic":
            return (
                "" if answer and answer.get("state") == line["answer"]["state"] else f"{line['answer']}, here {answer}"
            )
        if line.get("unrecorded") and status >= 300:
            return f"{status} {answer}"
        self.then.learn(line["do"], line.get("answer"))
        self.now.learn(line["do"], answer)
        if line.get("unrecorded"):
            return ""
        if status != line["status"]:
            return f"{line['status']} {line.get('answer')}, here {status} {answer}"
        return _unlike(self.then.meaning(line.get("answer")), self.now.meaning(answer))

    def _look(self, line: dict[str, Any]) -> str:
        seen = self._state()
        wanted: dict[str, Any] = {}
        for name, account in line["accounts"].items():
            wanted[name] = tuple(_decimal(account[part]) for part in ("value", "reserved", "active"))
        for name, limit in line["limits"].items():
            wanted[name] = (_decimal(limit["value"]), _decimal(limit["alarm"]))
        return _unlike(wanted, {name: seen.get(name) for name in wanted})

    def _state(self) -> dict[str, Any]:
        """Every account's figures, and every cap."""
        _, people = self._call("ledger", "GET /participants")
        self.now.learn("", people)
        seen: dict[str, Any] = {}
        for one in people:
            for row in self._call("ledger", f"GET /participants/{one['name']}/accounts")[1]:
                figures = tuple(_decimal(row[part]) for part in ("value", "reservedValue", "isActive"))
                seen[f"{one['name']}/{row['ledgerAccountType']}/{row['currency']}"] = figures
        for row in self._call("ledger", "GET /participants/limits")[1]:
            limit = row["limit"]
            seen[f"{row['name']}/{row['currency']}"] = (_decimal(limit["value"]), _decimal(limit["alarmPercentage"]))
        return seen

    def _wait_for_change(self, before: dict[str, Any]) -> None:
        until = time.monotonic() + self.lag_s
        while self._state() == before and time.monotonic() < until:
            time.sleep(0.05)

    def _here(self, kind: str, number: int) -> int:
        """This hub's number for what the recorded number stands for."""
        meaning = self.then.names.get((kind, number))
        known = {name: own for (of, own), name in self.now.names.items() if of == kind}
        return known.get(meaning or "", number)

    def _translated_path(self, do: str) -> str:
        def here(found: re.Match[str]) -> str:
            return f"/{found[1]}/{self._here(IN_PATH[found[1]], int(found[2]))}"

        return re.sub(rf"/({'|'.join(IN_PATH)})/(\d+)", here, do)

    def _translated(self, value: Any, within: str = "") -> Any:
        if isinstance(value, list):
            return [self._translated(entry, within) for entry in value]
        if not isinstance(value, dict):
            return value
        told = {name: self._translated(entry, name) for name, entry in value.items()}
        if within in IN_OBJECT and isinstance(told.get("id"), int):
            told["id"] = self._here(IN_OBJECT[within], told["id"])
        return told

    def _call(self, service: str, do: str, send: Any = None) -> tuple[int, Any]:
        method, path = do.split(" ", 1)
        body = None if send is None else json.dumps(send).encode()
        headers = {"Content-Type": "application/json"} if body else None
        url = self.urls[service] + path
        answer = self._pool.request(method, url, body=body, headers=headers, timeout=30, retries=False)
        return answer.status, json.loads(answer.data, parse_float=Decimal) if answer.data else None


def _closes(line: dict[str, Any]) -> bool:
    return str(line.get("do", "")).startswith("POST /v2/settlementWindows/")


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _unlike(then: Any, now: Any, where: str = "answer") -> str:
    """Where two values part first; empty when they do not."""
    if then == now:
        return ""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted(then.keys() | now.keys()):
            if key not in then or key not in now:
                return f"{where}.{key} is {'missing' if key in then else 'too much'} here"
            if then[key] != now[key]:
                return _unlike(then[key], now[key], f"{where}.{key}")
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for place, (old, new) in enumerate(zip(then, now, strict=True)):
            if old != new:
                return _unlike(old, new, f"{where}[{place}]")
    return f"{where} was {then!r}, is {now!r} here"


def read_story(path: Path, lines: int | None = None) -> list[dict[str, Any]]:
    """A story's lines, its money exact."""
    return [json.loads(line, parse_float=Decimal) for line in path.read_text("utf-8").splitlines()][:lines]


@click.command()
@click.argument("story", type=click.Path(exists=True, path_type=Path))
@click.option("--ledger", required=True, help="Base URL of central-ledger.")
@click.option("--settlement", required=True, help="Base URL that /v2 of central-settlement hangs on.")
@click.option("--traffic", required=True, help="Base URL of what sends transfers: POST /transfers.")
@click.option("--lines", type=int, help="Play only so many lines.")
def main(story: Path, **options: Any) -> None:
    """Play a recorded story on a hub, and say where it answers otherwise."""
    lines = options.pop("lines")
    replay = Replay({name: url.rstrip("/") for name, url in options.items()})
    replay.play(read_story(story, lines))
    for difference in replay.differences:
        click.echo(difference)
    click.echo(f"replayed {replay.score()}")
    raise SystemExit(bool(replay.differences))


if __name__ == "__main__":
    main()
