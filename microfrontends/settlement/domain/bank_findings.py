"""What can be wrong with the settlement bank's file, and how grave a site takes it. The words are the views' matter."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from hashlib import sha256

Told = str | int | Decimal


class Kind(IntEnum):
    """1 to 12 are the validations of the documented process, by its numbers; the rest are ours."""

    OTHER_SETTLEMENT = 1
    SUM_NOT_ZERO = 2
    TRANSFER_NOT_NET = 3
    BALANCE_NOT_EXPECTED = 4
    BALANCE_NOT_POSITIVE = 5
    ACCOUNT_MISSING = 6
    ACCOUNT_EXTRA = 7
    IDENTIFIERS_DIFFER = 8
    NOT_A_POSITION = 9
    BALANCE_DIGITS = 10
    TRANSFER_DIGITS = 11
    ACCOUNT_UNKNOWN = 12
    # What the rows say
    SETTLEMENT_OVER = 20
    ACCOUNT_TWICE = 21
    OTHER_CURRENCY = 22
    # Cells that do not say what they must
    NO_SETTLEMENT_ID = 30
    NO_IDENTIFIERS = 31
    NO_BALANCE = 32
    NO_TRANSFER = 33
    NO_ROWS = 34
    ROW_AFTER_GAP = 35
    FORMULA = 36
    DATE = 37
    ERROR_VALUE = 38
    IMPRECISE = 39
    TOO_LONG = 40
    MERGED = 41
    HIDDEN = 42
    # Files that are not read
    EMPTY = 50
    TOO_LARGE = 51
    UNPACKS_TOO_LARGE = 52
    TOO_MANY_ROWS = 53
    NOT_A_SPREADSHEET = 54
    ENCRYPTED = 55
    OLD_BINARY = 56
    MACROS = 57
    EXTERNAL_LINKS = 58
    ENTITIES = 59
    DAMAGED = 60
    WRONG_SHEET = 61
    ENCODING = 62
    SEPARATOR = 63
    QUOTES = 64
    TOO_COMPLEX = 65


class Severity(StrEnum):
    """An error stops everything. A warning is passed only by an acknowledgement of its own."""

    ERROR = "error"
    WARNING = "warning"


JUDGED = frozenset(
    {
        Kind.SUM_NOT_ZERO,
        Kind.TRANSFER_NOT_NET,
        Kind.BALANCE_NOT_EXPECTED,
        Kind.BALANCE_NOT_POSITIVE,
        Kind.ACCOUNT_MISSING,
    }
)
FATAL = frozenset({Kind.SUM_NOT_ZERO, Kind.TRANSFER_NOT_NET, Kind.ACCOUNT_MISSING})  # as the process documents them


@dataclass(frozen=True)
class Policy:
    """Which of the findings that a site may judge stop it; all others always do. `scale` is a currency's decimals."""

    scale: Callable[[str], int]
    fatal: frozenset[Kind] = FATAL

    def severity(self, kind: Kind) -> Severity:
        """How grave a finding of this kind is here."""
        return Severity.WARNING if kind in JUDGED - self.fatal else Severity.ERROR


@dataclass(frozen=True)
class Finding:
    """One thing found. `cell` is None where no single cell is to blame; `facts` are what its sentence is made of."""

    kind: Kind
    severity: Severity = Severity.ERROR
    row: int | None = None
    cell: str | None = None
    account: int | None = None
    facts: Mapping[str, Told] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What an acknowledgement names. It holds the facts, so nobody has acknowledged a difference that changed."""
        facts = sorted((name, _plain(told)) for name, told in self.facts.items())
        digest = sha256(repr((self.cell, self.account, facts)).encode()).hexdigest()
        return f"{self.kind.value}-{self.account or 0}-{digest[:16]}"


class Unreadable(Exception):
    """The file is not read. Its one finding says why, and at which cell where there is one."""

    def __init__(self, kind: Kind, cell: str | None = None, **facts: Told) -> None:
        super().__init__(kind.name)
        row = int("".join(filter(str.isdigit, cell or "")) or 0) or None
        self.finding = Finding(kind, row=row, cell=cell, facts=facts)


def blocking(findings: Iterable[Finding], acknowledged: Collection[str] = ()) -> tuple[Finding, ...]:
    """Those that nothing passes: every error, and every warning whose key is not among the acknowledged."""
    return tuple(each for each in findings if each.severity is Severity.ERROR or each.key not in acknowledged)


def _plain(told: Told) -> str:
    return f"{told.normalize():f}" if isinstance(told, Decimal) else str(told)
