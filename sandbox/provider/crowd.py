"""The people behind the demo users: as many as asked for, the same every time, with names of the field's regions."""

from itertools import product
from typing import Any

GIVEN = """
    Abena Amina Baraka Chipo Daniel Esi Farida Grace Habib Imani Joseph Kwame Lindiwe Moses Naledi Omar Patience Rehema
    Samuel Thandiwe Upendo Victor Wanjiru Yusuf Zawadi Htet Khin Lakshmi Priya Sokha
"""
FAMILY = """
    Abebe Banda Chiluba Diallo Eze Fofana Gakuru Hassan Ibrahim Juma Kamau Lungu Mensah Ndlovu Otieno Phiri Rahman
    Sesay Tembo Uwimana Wekesa Yeboah Zulu
"""
FIRST = 201
STEP = 149
INACTIVE_EVERY = 17  # people leave: a directory without inactive accounts is not like any in use
ORGANISATIONS = ("Hub", "Payer FSP", "Payee FSP", "Test FSP 1", "Demo MFI", "Green Wallet")
NEVER_SEEN_EVERY, SEEN_STEP, SEEN_WITHIN = 5, 37, 160  # some never signed in, some long ago


def crowd(size: int) -> list[dict[str, Any]]:
    """`size` people as a users file would have them. Raises ValueError when the names do not suffice."""
    names = list(product(FAMILY.split(), GIVEN.split()))
    if size > len(names):
        raise ValueError(f"the names are enough for {len(names)} extra people, not for {size}")
    # A step without a common factor with their number meets each name once, and neighbours are no family.
    return [_somebody(number, *names[number * STEP % len(names)]) for number in range(size)]


def _somebody(number: int, family: str, given: str) -> dict[str, Any]:
    return {
        "subject": f"u-{FIRST + number}",
        "username": f"{given}.{family}".lower(),
        "name": f"{given} {family}",
        "active": (number + 1) % INACTIVE_EVERY != 0,
        "organisation": ORGANISATIONS[number % len(ORGANISATIONS)],
        "seen_days_ago": number * SEEN_STEP % SEEN_WITHIN if number % NEVER_SEEN_EVERY else None,
    }
