"""A hub in memory that behaves as the real one does in this app's eyes, and fails on demand."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bff import HubRefused, HubUnavailable
from bff.run import present_run
from microfrontends.settlement.domain.period import Period
from microfrontends.settlement.domain.positions import NetPosition
from microfrontends.settlement.domain.windows import Window, WindowState

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeHub:
    """Windows and their positions. `fails` maps a method's name to the exceptions that its next calls raise."""

    kept: dict[int, Window] = field(default_factory=dict)
    held: dict[int, dict[tuple[str, str], NetPosition]] = field(default_factory=dict)
    closings: dict[int, datetime] = field(default_factory=dict)
    fails: dict[str, list[Exception | None]] = field(default_factory=dict)
    loses_answers: bool = False
    calls: list[str] = field(default_factory=list)
    closes: list[tuple[int, str, str]] = field(default_factory=list)

    def windows(self, period: Period) -> tuple[Window, ...]:
        """As the hub does: by the moment of opening."""
        self._called("windows")
        return tuple(each for each in self.kept.values() if period.holds(each.opened))

    def open_windows(self) -> tuple[Window, ...]:
        self._called("open_windows")
        return tuple(each for each in self.kept.values() if each.state is WindowState.OPEN)

    def window(self, window_id: int) -> Window | None:
        self._called("window")
        return self.kept.get(window_id)

    def close(self, window_id: int, reason: str) -> Window:
        self._called("close")
        window = self.kept.get(window_id)
        if window is None:
            raise _refusal(window_id, "does not exist")
        if window.state is not WindowState.OPEN:
            raise _refusal(window_id, "is not open")
        if not self.held.get(window_id):
            raise _refusal(window_id, "is empty")
        now = datetime.now(UTC).replace(microsecond=0)
        self.closes.append((window_id, reason, present_run().maker.username))
        self.kept[window_id] = replace(window, state=WindowState.PROCESSING, reason=reason, changed=now)
        following = self.has(max(self.kept) + 1, WindowState.OPEN, now, reason=reason)
        if self.loses_answers:
            raise HubUnavailable("the answer never came", sent=True)
        return following

    def positions(self, windows: Iterable[int]) -> dict[int, tuple[NetPosition, ...]]:
        self._called("positions")
        return {key: tuple(self.held[key].values()) for key in windows if self.held.get(key)}

    def currencies(self, windows: Iterable[int]) -> dict[int, tuple[str, ...]]:
        self._called("currencies")
        return {key: tuple(sorted({name for name, _ in self.held[key]})) for key in windows if self.held.get(key)}

    def closed_at(self, windows: Iterable[int]) -> dict[int, datetime]:
        self._called("closed_at")
        return {key: self.closings[key] for key in windows if key in self.closings}

    def processing(self) -> tuple[Window, ...]:
        self._called("processing")
        return tuple(each for each in self.kept.values() if each.state is WindowState.PROCESSING)

    def in_state(self, state: WindowState) -> int:
        self._called("in_state")
        return sum(each.state is state for each in self.kept.values())

    def has(self, number: int, state: WindowState, opened: datetime | None = None, reason: str = "") -> Window:
        """Put a window into the hub."""
        opened = opened or datetime.now(UTC).replace(microsecond=0)
        currencies = () if state in (WindowState.OPEN, WindowState.PROCESSING) else ("USD",)
        self.kept[number] = window = Window(number, state, reason, opened, opened, currencies)
        if state not in (WindowState.OPEN, WindowState.PROCESSING):
            self.closings[number] = opened + timedelta(hours=1)
        return window

    def transfer(self, number: int, amount: str, currency: str = "USD", *, payer: str = "payerfsp") -> None:
        """Book a committed transfer to payeefsp into a window."""
        for name, moved in ((payer, (1, Decimal(amount), Decimal(0))), ("payeefsp", (0, Decimal(0), Decimal(amount)))):
            at = self.held.setdefault(number, {})
            before = at.get((currency, name)) or NetPosition(currency, name, 0, Decimal(0), Decimal(0))
            count, sent, received = moved
            at[currency, name] = NetPosition(
                currency, name, before.transfers + count, before.sent + sent, before.received + received
            )

    def finish(self) -> None:
        """Add every processing window up, as the hub does after a moment."""
        for key, window in self.kept.items():
            if window.state is WindowState.PROCESSING:
                now = datetime.now(UTC).replace(microsecond=0)
                currencies = tuple(sorted({currency for currency, _ in self.held.get(key, {})}))
                self.kept[key] = replace(window, state=WindowState.CLOSED, changed=now, currencies=currencies)
                self.closings[key] = now

    def fail(self, method: str, *problems: Exception | None) -> None:
        """Have the next calls of a method raise these, one each; None lets one call through."""
        self.fails.setdefault(method, []).extend(problems)

    def _called(self, method: str) -> None:
        self.calls.append(method)
        problem = self.fails[method].pop(0) if self.fails.get(method) else None
        if problem:
            raise problem


def _refusal(window_id: int, words: str) -> HubRefused:
    return HubRefused("3100", f"Generic validation error - Window {window_id} {words}")
