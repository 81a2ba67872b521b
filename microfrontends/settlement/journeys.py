"""What `bizops journeys` walks where it may write: a window to a settled settlement, by two people, to the cent."""

import re
import time
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from bff.journeys.visitor import Lost, Visitor
from bff.journeys.walks import Cast, NotWalked, Walk, expect
from microfrontends.settlement.permissions import P

API: Final = "/settlement/api"
REASON: Final = "bizops journeys"
MODEL: Final = re.compile(r"[?&;]model=([\w-]+)")
WAIT_S: Final = 120.0
PAUSE_S: Final = 0.5
WAITS: Final = "PENDING"


def walks() -> list[Walk]:
    """The one journey that moves money."""
    return [Walk("a window is closed, settled and finalised by two people", settle_a_window, writes=True)]


def settle_a_window(cast: Cast) -> None:
    """Close the open window, settle it by one model, have one ask for its finalisation and another let it through."""
    number = _close(cast)
    maker = cast.who(P.FINALISE, P.VIEW_SETTLEMENTS, P.VIEW_WINDOWS)
    page = maker.get(f"/settlement/windows/settle?window={number}").text
    models = sorted(set(MODEL.findall(page)))
    expect(bool(models), f"the hub offers no model that settles window {number}")
    asked = maker.told(f"{API}/settlements/settle", {"model": models[0], "windows": [number], "reason": REASON})
    _let_through(cast, maker, asked)
    settlement = _until(lambda: _settlement_of(maker, number), f"no settlement of window {number} was reserved")
    _finalise(cast, maker, settlement)
    done = _until(lambda: _settled(maker, settlement), f"settlement {settlement} was not settled")
    for account in done["accounts"]:
        who, held, wanted = (account[key] for key in ("participant", "liquidity_now", "liquidity_expected"))
        expect(Decimal(held) == Decimal(wanted), f"{who} holds {held} where {wanted} was expected")
    for currency, left in _sums(done["accounts"]).items():
        expect(left == 0, f"net amounts in {currency} add up to {left}")


def _close(cast: Cast) -> int:
    closer = cast.who(P.CLOSE_WINDOW, P.VIEW_WINDOWS)
    found = closer.told(f"{API}/windows?state=OPEN")["windows"]
    expect(bool(found), "no window is open")
    number = int(found[0]["id"])
    asked = closer.told(f"{API}/windows/{number}/close", {"reason": REASON})
    _let_through(cast, closer, asked)
    _until(lambda: closer.told(f"{API}/windows/{number}")["state"] == "CLOSED", f"window {number} was not closed")
    return number


def _finalise(cast: Cast, maker: Visitor, settlement: int) -> None:
    made = maker.filled(f"{API}/settlements/{settlement}/finalisations", {"set_liquidity": "yes"})
    expect(made["confirmable"], f"settlement {settlement} cannot be finalised: {made['errors'] or made['obstacles']}")
    asked = maker.told(f"{API}/settlements/{settlement}/finalise", {"finalisation_id": made["id"], "reason": REASON})
    expect(asked["state"] != "REJECTED", f"the finalisation was rejected: {asked['problem']}")
    _let_through(cast, maker, asked)


def _let_through(cast: Cast, maker: Visitor, asked: dict[str, Any]) -> None:
    """Have somebody else approve what waits for that; whoever asked must not be able to."""
    if asked["state"] != WAITS:
        expect(asked["state"] in ("DONE", "EXECUTING", "APPROVED"), f"{asked['sentence']} {asked['problem']}")
        return
    decision = {"id": asked["id"], "verdict": "approve", "sha256": asked["sha256"], "reason": REASON}
    own = _decided(maker, decision)
    expect(not own["ok"], f"whoever asked could approve it: {asked['sentence']}")
    needed = P.APPROVE_CLOSE if asked["target"].startswith("window") else P.APPROVE_SETTLEMENT
    answer = _decided(cast.who(needed, besides=maker), decision)
    if answer["step_up"]:
        raise NotWalked("approving asks for a second factor")
    expect(answer["ok"], f"{asked['sentence']} {answer['problem']}")


def _decided(who: Visitor, decision: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = who.told(f"{API}/approvals/decisions", {"decisions": [decision]})["decisions"][0]
    return told


def _settlement_of(who: Visitor, number: int) -> int | None:
    for each in who.told(f"{API}/settlements")["settlements"]:
        if number in each["windows"] and each["state"] == "PS_TRANSFERS_RESERVED":
            return int(each["id"])
    return None


def _settled(who: Visitor, settlement: int) -> dict[str, Any] | None:
    told: dict[str, Any] = who.told(f"{API}/settlements/{settlement}")
    return told if told["state"] == "SETTLED" else None


def _sums(accounts: list[dict[str, Any]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for account in accounts:
        sums[account["currency"]] += Decimal(account["net"])
    return sums


def _until(look: Callable[[], Any], otherwise: str) -> Any:
    """Look again until there is something. Raises Lost when it takes too long."""
    until = time.monotonic() + WAIT_S
    while not (found := look()):
        if time.monotonic() > until:
            raise Lost(f"{otherwise} within {WAIT_S:.0f} s")
        time.sleep(PAUSE_S)
    return found
