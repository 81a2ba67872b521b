"""How the settlement bank calls the participants: a file of the site, from the portal's name of each to the bank's."""

from pathlib import Path

import yaml


class WrongIdentifiers(ValueError):
    """The file does not say what it must. The message names it and the entry."""


def bank_identifiers(path: Path | None) -> dict[str, str]:
    """What the bank calls each participant, from YAML or JSON; {} without a file.

    `payerfsp: "0012 3456"`, or per currency `payerfsp: {USD: "0012 3456", XOF: "0099"}`, which is kept as
    `payerfsp USD`. Raises WrongIdentifiers.
    """
    if path is None:
        return {}
    try:
        told = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise WrongIdentifiers(f"{path} cannot be read: {problem}") from problem
    if not isinstance(told, dict):
        raise WrongIdentifiers(f"{path} is not a list of names with the bank's identifier of each")
    found: dict[str, str] = {}
    for name, value in told.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for currency, identifier in parts:
            # YAML takes 0012 for a number and loses its zeros, so an identifier must be a text.
            if not isinstance(identifier, str):
                raise WrongIdentifiers(f"{path}: write the identifier of {name} {currency}".rstrip() + " in quotes")
            found[f"{name} {currency}".rstrip()] = identifier
    return found
