"""The plan of a finalisation: what moves in each liquidity account, which caps change, and in which order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid5

from microfrontends.settlement.domain.ledger import Ledger, LedgerAccount, exact, same
from microfrontends.settlement.domain.settlements import Settlement, SettlementAccount, SettlementState

NOTHING = Decimal(0)
TRANSFERS = UUID("6f0c2f55-5a0b-5e53-9d5c-8d2c0f7a4be1")  # never changes: a new one would move all money again


class Step(StrEnum):
    """The movements of a finalisation that have a transfer of their own at the hub."""

    FUNDS_OUT = "funds-out"
    FUNDS_IN = "funds-in"
    DIFFERENCE_OUT = "difference-out"
    DIFFERENCE_IN = "difference-in"


def transfer_id(settlement_id: int, account_id: int, step: str) -> str:
    """The hub's id of a movement, the same on every run: the hub lets a transfer of one id happen once."""
    return str(uuid5(TRANSFERS, f"settlement/{settlement_id}/account/{account_id}/{step}"))


@dataclass(frozen=True)
class Options:
    """What a finalisation may change besides the accounts' states. Caps are moved towards the liquidity left."""

    set_liquidity: bool = True
    raise_caps: bool = False
    lower_caps: bool = False


@dataclass(frozen=True)
class Adjustment:
    """What happens to one account of the settlement. `funds` goes into the liquidity account, or out below zero."""

    account: SettlementAccount
    settlement_account_id: int
    currency: str
    net: Decimal
    liquidity_before: Decimal
    liquidity_expected: Decimal
    funds: Decimal
    cap_before: Decimal | None
    cap_after: Decimal | None  # None: it stays as it is
    disable: bool = False  # the account itself, which is the position account of its currency

    @property
    def step(self) -> Step | None:
        """How the funds move; None where none do."""
        if not self.funds:
            return None
        return Step.FUNDS_OUT if self.funds < 0 else Step.FUNDS_IN


@dataclass(frozen=True)
class Difference:
    """Where the settlement bank holds something else than the hub will. A movement of its own, approved by itself."""

    account: SettlementAccount
    settlement_account_id: int
    currency: str
    expected: Decimal
    bank: Decimal
    reference: str
    cap_after: Decimal | None = None  # once it is booked

    @property
    def funds(self) -> Decimal:
        """What would make them equal: into the liquidity account, or out below zero."""
        return self.bank - self.expected

    @property
    def step(self) -> Step:
        """How it would move."""
        return Step.DIFFERENCE_OUT if self.funds < 0 else Step.DIFFERENCE_IN


class Hurdle(StrEnum):
    """Why a plan cannot be carried out."""

    NO_LIQUIDITY_ACCOUNT = "no liquidity account"
    LIQUIDITY_ACCOUNT_INACTIVE = "liquidity account inactive"
    SHORT = "owes more than it has"
    SUM_NOT_ZERO = "net amounts do not add up to zero"


@dataclass(frozen=True)
class Obstacle:
    """A hurdle, and whose: the account's, or a whole currency's. `amount` is what is missing, or the sum."""

    hurdle: Hurdle
    currency: str
    account: SettlementAccount | None = None
    amount: Decimal = NOTHING


@dataclass(frozen=True)
class Plan:
    """All adjustments in their order, what the bank holds otherwise, and what stands in the way."""

    settlement_id: int
    adjustments: tuple[Adjustment, ...]
    differences: tuple[Difference, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def sums(self) -> dict[str, Decimal]:
        """What goes in less what goes out, per currency."""
        found: dict[str, Decimal] = {}
        for each in self.adjustments:
            found[each.currency] = found.get(each.currency, NOTHING) + each.funds
        return found


def plan_from_nets(settlement: Settlement, ledger: Ledger, options: Options) -> Plan:
    """Move what the settlement says: out of the net senders' liquidity accounts, then into the net recipients'."""
    return _plan(settlement, ledger, options, {})


def plan_from_bank(settlement: Settlement, ledger: Ledger, options: Options, balances: Mapping[int, Decimal]) -> Plan:
    """The same, held against the bank's balances per account of the settlement. What differs stands by itself.

    Only a participant in arrears with the bank is treated otherwise: funds and cap to nothing, position disabled.
    """
    return _plan(settlement, ledger, options, balances)


def _plan(settlement: Settlement, ledger: Ledger, options: Options, balances: Mapping[int, Decimal]) -> Plan:
    adjustments, differences = [], []
    obstacles = [Obstacle(Hurdle.SUM_NOT_ZERO, each, amount=off) for each, off in settlement.imbalance.items()]
    for account in settlement.accounts:
        liquidity, bank = ledger.liquidity(account.participant, account.currency), balances.get(account.account_id)
        if liquidity is None:
            obstacles.append(Obstacle(Hurdle.NO_LIQUIDITY_ACCOUNT, account.currency, account))
            continue
        adjustment = _adjustment(account, liquidity, ledger, options, bank)
        adjustments.append(adjustment)
        obstacles += _in_the_way(adjustment, liquidity)
        if bank is not None and options.set_liquidity and _differs(adjustment, bank):
            differences.append(_difference(settlement, adjustment, options, bank))
    return Plan(settlement.id, ordered(adjustments), tuple(differences), tuple(obstacles))


def ordered(adjustments: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """Funds out before funds in, so that the hub never holds less than it has promised; net senders before the rest."""

    def place(each: Adjustment) -> tuple[int, bool, str, str, int]:
        direction = 0 if each.funds < 0 else 1 if not each.funds else 2
        return direction, not each.account.owes, each.currency, each.account.participant, each.account.account_id

    return tuple(sorted(adjustments, key=place))


def to_move(account: SettlementAccount) -> Decimal:
    """What of the net amount has not moved yet: nothing once the account is committed, whoever saw to that."""
    done = account.state.rank >= SettlementState.PS_TRANSFERS_COMMITTED.rank
    return NOTHING if done else exact(account.net)


def _adjustment(
    account: SettlementAccount, liquidity: LedgerAccount, ledger: Ledger, options: Options, bank: Decimal | None
) -> Adjustment:
    before = exact(liquidity.liquidity)
    insolvent = bank is not None and bank < 0
    moved = (-before if insolvent else -to_move(account)) if options.set_liquidity else NOTHING
    cap = ledger.cap(account.participant, account.currency)
    # Never above what the hub holds: a balance at the bank that the hub has not booked yet covers nothing there.
    left = before + moved if bank is None else min(before + moved, bank)
    return Adjustment(
        account=account,
        settlement_account_id=liquidity.account_id,
        currency=account.currency,
        net=exact(account.net),
        liquidity_before=before,
        liquidity_expected=before + moved,
        funds=moved,
        cap_before=cap.value if cap else None,
        cap_after=_cap_after(cap.value, max(left, NOTHING), options, insolvent) if cap else None,
        disable=insolvent,
    )


def _cap_after(cap: Decimal, left: Decimal, options: Options, insolvent: bool) -> Decimal | None:
    if insolvent:
        return NOTHING if cap > 0 else None
    moves = (options.raise_caps and cap < left) or (options.lower_caps and cap > left)
    return left if moves else None


def _in_the_way(adjustment: Adjustment, liquidity: LedgerAccount) -> list[Obstacle]:
    if adjustment.funds and not liquidity.active:
        return [Obstacle(Hurdle.LIQUIDITY_ACCOUNT_INACTIVE, adjustment.currency, adjustment.account)]
    # The hub would answer 202, move nothing, and say nothing of it.
    if adjustment.funds < 0 and adjustment.liquidity_expected < 0:
        short = -adjustment.liquidity_expected
        return [Obstacle(Hurdle.SHORT, adjustment.currency, adjustment.account, short)]
    return []


def _differs(adjustment: Adjustment, bank: Decimal) -> bool:
    return not adjustment.disable and not same(bank, adjustment.liquidity_expected)


def _difference(settlement: Settlement, adjustment: Adjustment, options: Options, bank: Decimal) -> Difference:
    cap = adjustment.cap_before if adjustment.cap_after is None else adjustment.cap_after
    return Difference(
        account=adjustment.account,
        settlement_account_id=adjustment.settlement_account_id,
        currency=adjustment.currency,
        expected=adjustment.liquidity_expected,
        bank=exact(bank),
        reference=f"settlement {settlement.id} difference {adjustment.account.account_id}",
        cap_after=None if cap is None else _cap_after(cap, exact(bank), options, insolvent=False),
    )
