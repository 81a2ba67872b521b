"""Decides what the audit page shows: the entries of every app in one list by time, and one entry whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, current_app, g, request, url_for
from flask_babel import gettext as _

from bff.access.permissions import signed_in
from bff.errors import Missing, NotPermitted
from bff.identity.principal import Identity
from bff.web.layout import render
from bff.web.locale import spoken
from shell.chains import OWN_PERMISSION, Chain, chains_for
from shell.entries import Line, in_words
from shell.merge import Cursor, Merged, merge
from shell.pages import audit_export, integrity
from shell.pages.audit_filters import Filters, bar, outcome_look
from shell.platform import Platform
from shell.reading import Part, Reader, Silent
from shell.witness import Witness

PAGE: Final = 50


@dataclass(frozen=True)
class Audit:
    """The list, one entry, the list as a file, and whether the chains hold."""

    platform: Platform
    witness: Witness

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("all_audit", __name__, url_prefix="/audit")
        blueprint.add_url_rule("", "index", signed_in(lambda: self.index()))
        blueprint.add_url_rule("/<name>/<int:seq>", "entry", signed_in(lambda **which: self.entry(**which)))
        blueprint.add_url_rule("/rows.csv", "rows", signed_in(lambda: self.rows()))
        blueprint.add_url_rule("/integrity", "integrity", signed_in(lambda: self.integrity()))
        return blueprint

    def index(self) -> Response:
        """A page of entries over every chain that is asked for."""
        chains, filters = self._chains(), Filters.of(request.args)
        cursor = Cursor.of(request.args.get("before", ""))
        wanted = [chain for chain in chains if filters.app in ("", chain.name)]
        parts = self._reader().page(wanted, filters.asked(), cursor, PAGE)
        merged = merge([part.batch for part in parts if part.batch], cursor, PAGE)
        return render(
            "audit/index.html",
            title=_("Audit"),
            filters=bar(filters, [(chain.name, chain.title) for chain in chains]),
            rows=_rows(merged.lines, chains),
            page=_page(merged, cursor, filters, parts),
            newest=filters.address() if cursor.places else None,
            export=[("CSV", filters.address("all_audit.rows"))],
            away=[part.chain.title for part in parts if part.batch is None],
            unread=[(part.chain.title, part.unread) for part in parts if part.unread],
        )

    def entry(self, name: str, seq: int) -> Response:
        """One entry: who, what, before and after, and its place in the chain. Raises Missing."""
        chain = next((each for each in self._chains() if each.name == name), None)
        if chain is None:
            raise Missing(_("There is no audit of this name, or it is not for you to read."))
        try:
            line = self._reader().entry(chain, seq)
        except Silent:
            return render("audit/away.html", title=_("Entry %(number)s", number=seq), status=503, chain=chain)
        return render(
            "audit/entry.html",
            title=_("Entry %(number)s of %(name)s", number=seq, name=chain.title),
            line=line,
            chain=chain,
            roles=roles_in_words(line.roles),
            action=chain.words_of(line.action),
            look=outcome_look(line.outcome),
            changes=changes_of(line),
            details=list(in_words(line.detail).items()),
        )

    def rows(self) -> Response:
        """The entries that are asked for as CSV, sent as they are read."""
        return audit_export.stream(self._reader(), self._chains(), Filters.of(request.args))

    def integrity(self) -> Response:
        """What each chain proves of itself, and whether that fits what was seen of it before."""
        return integrity.page(self.platform, self.witness, self._who(), self._chains())

    def _reader(self) -> Reader:
        return Reader(self.platform, self._who())

    def _chains(self) -> list[Chain]:
        """Raises NotPermitted for whoever may read none."""
        found = chains_for(self.platform.registry, self._who())
        if not found:
            raise NotPermitted(OWN_PERMISSION)
        return found

    def _who(self) -> Identity:
        who: Identity = g.identity
        return who


def _rows(lines: Sequence[Line], chains: Sequence[Chain]) -> list[dict[str, Any]]:
    by_name = {chain.name: chain for chain in chains}
    return [
        {
            "line": line,
            "href": url_for("all_audit.entry", name=line.chain, seq=line.seq),
            "who": ", ".join([line.name or line.subject, *roles_in_words(line.roles)]),
            "action": by_name[line.chain].words_of(line.action),
            "look": outcome_look(line.outcome),
            "app": by_name[line.chain].title,
            "tone": "" if line.genuine else "danger",
        }
        for line in lines
    ]


def _page(merged: Merged, cursor: Cursor, filters: Filters, parts: Sequence[Part]) -> dict[str, Any]:
    known = [part.total for part in parts]
    whole = not cursor.places and None not in known
    return {
        "first": cursor.shown + bool(merged.lines),
        "last": cursor.shown + len(merged.lines),
        "total": sum(total or 0 for total in known) if whole else None,
        "previous": None,
        "next": filters.address(before=str(merged.next)) if merged.next else None,
    }


def roles_in_words(names: Sequence[str]) -> list[str]:
    """Roles as the role files call them; those of another day by their names."""
    roles = current_app.extensions["portal_access"].book.roles
    return [spoken(roles[name].title) if name in roles else name for name in names]


def changes_of(line: Line) -> list[dict[str, str]]:
    """What was otherwise before, as the macro `difference` takes it."""
    old, new = in_words(line.before), in_words(line.after)
    pairs = [(name, old.get(name, ""), new.get(name, "")) for name in dict.fromkeys((*old, *new))]
    return [{"field": name, "before": before, "after": after} for name, before, after in pairs if before != after]
