"""A report from the document of its file, which is known to have the right shape."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bff.texts import by_language
from microfrontends.reports.domain.definition import (
    USUAL,
    Chart,
    ChartKind,
    Column,
    ColumnType,
    Format,
    Limits,
    Option,
    Param,
    ParamType,
    Query,
    Report,
    Scope,
    Section,
    Source,
    Text,
)
from microfrontends.reports.domain.distribution import Distribution, Event, Known, Per
from microfrontends.reports.report_schema import RANGE

OTHER = {"en": "Other", "fr": "Autres"}
BEGIN, END = {"en": "{} from", "fr": "{} à partir de"}, {"en": "{} before", "fr": "{} avant"}
SCOPE = "mojaloop.io/scope"  # hub, session, or participant:<the parameter's name>
_OURS = re.compile(r"^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$")


def with_annotated_scope(document: Any) -> Any:
    """The document with the scope that its annotation says, where its spec says none.

    A cluster drops what its definition of a `MojaloopReport` does not know, and keeps annotations.
    """
    try:
        spec, said = document["spec"], str(document["metadata"]["annotations"][SCOPE])
        if "scope" in spec:
            return document
        kind, _, name = said.partition(":")
        return {**document, "spec": {**spec, "scope": {"participant": name} if kind == "participant" else said}}
    except (KeyError, TypeError):
        return document


def report_of(document: Mapping[str, Any]) -> Report:
    """The report, its columns as the file has them; a query of a bare MojaloopReport has none yet."""
    name, spec = document["metadata"]["name"], document["spec"]
    limits, confined_to = spec.get("limits", {}), _confined_to(spec["scope"])
    scope = Scope.PARTICIPANT if confined_to else Scope(spec["scope"])
    return Report(
        name=name,
        title=by_language(spec.get("title", name)),
        description=by_language(spec.get("description", "")),
        group=by_language(spec.get("group", OTHER)),
        permission=permission_of(spec.get("permission", name)),
        scope=scope,
        params=tuple(param for each in spec["endpoint"].get("params", ()) for param in _params(each)),
        queries=tuple(_query(each, scope) for each in spec["queries"]),
        path=spec["endpoint"]["path"].strip("/").lower(),
        confined_to=confined_to,
        limits=Limits(limits.get("rows"), limits.get("seconds")),
        formats=tuple(Format(each) for each in spec.get("formats", USUAL)),
        layout=spec.get("layout", ""),
        source=Source(spec.get("source", Source.HUB)),
        distribute=_distribution(spec["distribute"], spec) if "distribute" in spec else None,
    )


def permission_of(said: str) -> str:
    """The portal's permission for one that a report names: its own spelling as it is, another's as its noun.

    `transferApi` becomes `reports:transfer-api:view`, so that a site's own files load and roles can hold it.
    """
    if _OURS.match(said):
        return said
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", said)
    noun = re.sub("[^a-z0-9]+", "-", words.lower()).strip("-")
    return f"reports:{noun if noun[:1].isalpha() else f'report-{noun}'}:view"


def options_queries(document: Mapping[str, Any]) -> Iterable[tuple[int, str, Mapping[str, Any]]]:
    """Each parameter whose options come from a query: where it stands, its name, and the query."""
    for at, spec in enumerate(document["spec"]["endpoint"].get("params", ())):
        if isinstance(spec.get("options"), Mapping):
            yield at, spec["name"], spec["options"]


def _distribution(said: Mapping[str, Any], spec: Mapping[str, Any]) -> Distribution:
    formats = said.get("formats") or spec.get("formats", USUAL)
    parameters = {name: Known(source) for name, source in said["parameters"].items()}
    return Distribution(Event(said["after"]), Per(said.get("per", Per.PARTICIPANT)), tuple(formats), parameters)


def _confined_to(scope: object) -> str:
    return str(scope["participant"]) if isinstance(scope, Mapping) else ""


def _params(spec: Mapping[str, Any]) -> Iterable[Param]:
    label, required = by_language(spec.get("label", spec["name"])), spec.get("required", False)
    hint = by_language(spec["hint"]) if "hint" in spec else None
    if spec.get("type") == RANGE:
        yield Param(spec["begins"], ParamType.DATE_TIME, _worded(BEGIN, label), required, hint)
        yield Param(spec["ends"], ParamType.DATE_TIME, _worded(END, label), required, begins=spec["begins"])
        return
    options = spec.get("options", ())
    listed = isinstance(options, Mapping)
    yield Param(
        name=spec["name"],
        type=ParamType(spec.get("type", "text")),
        label=label,
        required=required,
        hint=hint,
        default=str(spec.get("default", "")),
        options=() if listed else tuple(_option(each) for each in options),
        lists=spec["name"] if listed else "",
    )


def _worded(pattern: Text, label: Text) -> Text:
    return {language: words.format(label.get(language, label["en"])) for language, words in pattern.items()}


def _option(spec: Any) -> Option:
    spec = spec if isinstance(spec, Mapping) else {"value": spec}
    return Option(str(spec["value"]), by_language(spec.get("label", str(spec["value"]))))


def _query(spec: Mapping[str, Any], scope: Scope) -> Query:
    columns = tuple(_column(each) for each in spec.get("columns", ()))
    title, own = by_language(spec.get("title", spec["name"])), Scope(spec.get("scope", scope))
    section = Section(spec.get("section", Section.TABLE))
    chart, unique = _chart(spec.get("chart")), spec.get("unique", False)
    return Query(spec["name"], title, spec["query"], columns, own, section, chart, unique)


def _chart(spec: Mapping[str, Any] | None) -> Chart | None:
    if spec is None:
        return None
    over, show = ((spec[part],) if isinstance(spec[part], str) else tuple(spec[part]) for part in ("over", "show"))
    return Chart(ChartKind(spec["kind"]), over, show, spec.get("by", ""))


def _column(spec: Mapping[str, Any]) -> Column:
    kind = ColumnType(spec.get("type", "text"))
    label = by_language(spec.get("label", spec["key"]))
    return Column(spec["key"], label, kind, spec.get("currency", ""), spec.get("total", False), spec.get("owes", False))
