"""Walks that look at what reports say: figures that agree with the hub's services, with each other, in every format."""

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from bff.journeys.visitor import Visitor
from bff.journeys.walks import Cast, NotWalked, expect

VIEWS: Final = ("settlement:settlement:view", "settlement:window:view")
MOST: Final = 3  # settlements and windows looked at: the newest
Figures = dict[tuple[str, str], Decimal]


def settlements_agree(cast: Cast) -> None:
    """What the settlement report says of each net amount is what the hub's settlement service says."""
    who = _who(cast, "reports:settlement:view")
    for number in _newest(who, "/settlement/api/settlements?preset=month", "settlements"):
        told = who.told(f"/settlement/api/settlements/{number}")
        service = {(each["participant"], each["currency"]): Decimal(each["net"]) for each in told["accounts"]}
        report = _report(who, "settlement", f"settlementId={number}")
        positions = _table(report, "positions")
        _same(service, {_key(row): Decimal(row["net"]) for row in positions}, f"settlement {number}")
        for currency, left in _sums(service).items():
            expect(left == 0, f"settlement {number}: net amounts in {currency} add up to {left}")
        differ = [row["participant"] for row in positions if Decimal(row["difference"])]
        expect(not differ, f"settlement {number}: the hub and the transfers differ for {', '.join(differ)}")


def windows_agree(cast: Cast) -> None:
    """What the window report says that a window holds is what its page says."""
    who = _who(cast, "reports:settlement-window:view")
    for number in _newest(who, "/settlement/api/windows?preset=month&state=SETTLED", "windows"):
        held = who.told(f"/settlement/api/windows/{number}")["holdings"]
        if held is None:
            raise NotWalked("the hub's database cannot be read by settlement")
        page = {
            (each["participant"], part["currency"]): Decimal(each["net"]) for part in held for each in part["positions"]
        }
        report = _report(who, "settlement-window", f"settlementWindowId={number}")
        _same(page, {_key(row): Decimal(row["net"]) for row in report["rows"]}, f"window {number}")


def movements_agree(cast: Cast) -> None:
    """Of every liquidity account the audit's balance before, and what moved, make the balance after."""
    who = _who(cast, "reports:settlement-audit:view")
    report = _report(who, "settlement-audit", _period(days=3))
    balances = _table(report, "balances")
    expect(bool(balances), "no participant has an account")
    for row in balances:
        opening, came, went, closing = (Decimal(row[key]) for key in ("opening", "fundsIn", "fundsOut", "closing"))
        expect(opening + came - went == closing, f"{_key(row)}: {opening} + {came} - {went} is not {closing}")
    nameless = [row["transferId"] for row in report["rows"] if not row["user"] or not row["reference"]]
    expect(not nameless, f"no user or no reference: {', '.join(nameless[:5])}")


def formats_agree(cast: Cast) -> None:
    """The same report has the same rows as CSV, JSON and JSON Lines, and a workbook is a workbook."""
    who = _who(cast, "reports:settlement-audit:view")
    query = _period(days=3)
    rows = _report(who, "settlement-audit", query)["rows"]
    lines = _file(who, "settlement-audit", query, "jsonl").splitlines()
    of_report = [each for each in map(json.loads, lines) if "transferId" in each]
    table = [row for row in csv.reader(_file(who, "settlement-audit", query, "csv").splitlines()) if row]
    begun = [row[3] for row in table[1:] if len(row) == len(table[0]) and not row[0].startswith("#")]
    wanted = [row["transferId"] for row in rows]
    expect([each["transferId"] for each in of_report] == wanted, "JSON Lines hold other rows than JSON")
    expect(begun == wanted, "CSV holds other rows than JSON")
    expect(_file(who, "settlement-audit", query, "xlsx").startswith("PK"), "the workbook is none")


def _who(cast: Cast, permission: str) -> Visitor:
    cast.needs("settlement", "reports")
    return cast.who("reports:catalogue:view", permission, *VIEWS)


def _period(days: int) -> str:
    now = datetime.now(UTC)
    return f"startDate={now - timedelta(days=days):%Y-%m-%dT%H:%M}&endDate={now - timedelta(hours=12):%Y-%m-%dT%H:%M}"


def _newest(who: Visitor, path: str, what: str) -> list[int]:
    found = [each["id"] for each in who.told(path)[what]][:MOST]
    if not found:
        raise NotWalked(f"the hub has no {what} of this month")
    return found


def _report(who: Visitor, name: str, query: str) -> dict[str, Any]:
    told: dict[str, Any] = who.told(f"/reports/catalogue/{name}/rows.json?{query}")
    return told


def _file(who: Visitor, name: str, query: str, form: str) -> str:
    answer = who.get(f"/reports/catalogue/{name}/rows.{form}?{query}")
    expect(answer.status == 200, f"{name} as {form} answered {answer.status}")
    return answer.text


def _table(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return next((table["rows"] for table in report["tables"] if table["table"] == name), [])


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["participant"], row["currency"]


def _sums(figures: Figures) -> Figures:
    sums: dict[Any, Decimal] = defaultdict(Decimal)
    for (_participant, currency), amount in figures.items():
        sums[currency] += amount
    return dict(sums)


def _same(one: Figures, other: Figures, of: str) -> None:
    differ = [key for key in one.keys() | other.keys() if one.get(key, Decimal()) != other.get(key, Decimal())]
    told = [f"{' '.join(key)}: {one.get(key)} there, {other.get(key)} in the report" for key in sorted(differ)]
    expect(not told, f"{of}: {'; '.join(told[:5])}")
