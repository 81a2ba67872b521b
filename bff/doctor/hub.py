"""Whether the hub answers, and whether our account in its database may only read."""

import dataclasses
import re
from collections.abc import Iterator

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from bff.doctor.asking import Unanswered, ask
from bff.doctor.findings import Patient, Seen, note, ok, wrong
from bff.doctor.stores import cause, connected, missing_file

SERVICE = re.compile(r"hub_(?!database)(\w+)_url")  # a setting of an app that calls a service of the hub
READING = frozenset({"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES", "PROCESS", "REPLICATION CLIENT"})
_GRANT = re.compile(r"GRANT (.+?) ON (.+?) TO ")


def services(patient: Patient) -> Iterator[Seen]:
    """The APIs that this app calls."""
    for field in dataclasses.fields(patient.settings):
        named = SERVICE.fullmatch(field.name)
        url = str(getattr(patient.settings, field.name)).rstrip("/") if named else ""
        if not named or not url:
            continue
        what, remedy = f"the hub's {named[1]}", f"Correct BIZOPS_{field.name.upper()}, or ask who runs the hub."
        try:
            answer = ask(f"{url}/health")
        except Unanswered as problem:
            yield wrong(f"{what} does not answer: {problem}", remedy)
            continue
        if answer.status == 200:
            yield ok(f"{what} is well.")
        else:
            yield wrong(f"{what} answers {answer.status} at {url}/health.", remedy)


def database(patient: Patient) -> Iterator[Seen]:
    """The hub's database, where this app reads it."""
    url = str(getattr(patient.settings, "hub_database_url", ""))
    if not url:
        return
    if missing_file(url):
        yield wrong("The file of BIZOPS_HUB_DATABASE_URL is not there.", "Correct BIZOPS_HUB_DATABASE_URL.")
        return
    plain = make_url(url)
    if plain.get_backend_name() in ("mysql", "mariadb"):
        plain = plain.set(drivername="mysql+pymysql")
    try:
        with connected(plain.render_as_string(hide_password=False)) as connection:
            connection.exec_driver_sql("SELECT 1")
            yield ok(f"The hub's database ({connection.dialect.name}) answers.")
            yield from _account(connection)
    except (SQLAlchemyError, ModuleNotFoundError) as problem:
        yield wrong(f"The hub's database cannot be read: {cause(problem)}", "Correct BIZOPS_HUB_DATABASE_URL.")


def _account(connection: Connection) -> Iterator[Seen]:
    if connection.dialect.name not in ("mysql", "mariadb"):
        yield note(f"Whether the account may only read is not known of {connection.dialect.name}.")
        return
    grants = [str(row[0]) for row in connection.exec_driver_sql("SHOW GRANTS")]
    more = sorted({privilege for grant in grants for privilege in beyond_reading(grant)})
    if more:
        yield wrong(
            f"Our account in the hub's database may do more than read: {', '.join(more)}.",
            "Give it SELECT alone: REVOKE ALL PRIVILEGES, GRANT OPTION FROM it; then GRANT SELECT.",
        )
    else:
        yield ok("Our account in the hub's database may only read.")


def beyond_reading(grant: str) -> list[str]:
    """What a line of SHOW GRANTS allows beside reading. A role is looked into by its own lines."""
    told = _GRANT.match(grant)
    if told is None:
        return []
    # Columns stand in brackets behind a privilege: SELECT (name, value).
    privileges = {part.strip() for part in re.sub(r"\([^)]*\)", "", told[1]).split(",")}
    options = {"GRANT OPTION"} if "WITH GRANT OPTION" in grant else set[str]()
    return sorted((privileges - READING) | options)
