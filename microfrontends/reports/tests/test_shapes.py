"""MojaloopReport files as sites have them, in every shape that their definition allows: loaded, or refused by line."""

from pathlib import Path

import pytest

from microfrontends.reports.catalogue import BadReport, load
from microfrontends.reports.domain.definition import Report

SITE = """\
apiVersion: "mojaloop.io/v1"
kind: MojaloopReport
metadata:
  name: positions.v2
  namespace: mojaloop
  generation: 3
  labels: {app.kubernetes.io/managed-by: Helm}
  annotations:
    argocd.argoproj.io/sync-wave: "2"
    mojaloop.io/scope: hub
spec:
  permission: report-positions-v2
  endpoint:
    path: /Report-Positions
    params:
      - name: fspId
        required: false
      - name: currency
        default: USD
      - name: most
        default: 10
  queries:
    - name: owner
      query: SELECT name, isActive AS 'Is active' FROM central_ledger.participant WHERE :fspId IS NULL OR name = :fspId
    - name: positions
      query: |-
        SELECT c.currencyId, p.value
        FROM participantPosition p
        INNER JOIN participantCurrency c USING (participantCurrencyId)
        WHERE c.currencyId = :currency AND p.value < :most
  template: |
    <% if (owner && owner[0]) { %><table><% positions.forEach(function (row) { %><tr><td><%= row.value %></td></tr>
    <% }) %></table><% } %>
status:
  state: INVALID
  error: "of another program"
"""


def read(folder: Path, text: str) -> Report:
    (folder / "site.yaml").write_text(text, "utf-8")
    return next(iter(load(folder).values())).report


def test_a_sites_own_file_loads_with_all_that_a_cluster_adds_to_it(tmp_path: Path) -> None:
    report = read(tmp_path, SITE)
    assert (report.name, report.path, report.permission) == (
        "positions.v2",
        "report-positions",
        "reports:report-positions-v2:view",
    )
    assert [(each.name, each.required, each.default) for each in report.params] == [
        ("fspId", False, ""),
        ("currency", False, "USD"),
        ("most", False, "10"),
    ]
    assert [query.name for query in report.queries] == ["owner", "positions"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('apiVersion: "mojaloop.io/v1"\n', ""),
        ("  permission: report-positions-v2\n", ""),
        ("  permission: report-positions-v2", "  permission: transferApi"),
        ("  namespace: mojaloop\n", ""),
        ("path: /Report-Positions", "path: positions"),
        ('    mojaloop.io/scope: hub\nspec:\n', 'spec:\n  scope: hub\n'),
        ("|-\n        SELECT c", ">-\n        SELECT c"),
        ("        required: false\n", ""),
        ("AS 'Is active'", "AS `Is active`"),
    ],
)  # fmt: skip
def test_other_ways_to_write_it_load_too(tmp_path: Path, old: str, new: str) -> None:
    assert old in SITE
    assert read(tmp_path, SITE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("    mojaloop.io/scope: hub\n", "", 11, "'scope' is a required property"),
        ("mojaloop.io/scope: hub", "mojaloop.io/scope: everybody", 12, "'everybody' is not one of"),
        ("mojaloop.io/scope: hub", "mojaloop.io/scope: participant:fspId", 12, "must be a required parameter"),
        ('"mojaloop.io/v1"', '"mojaloop.io/v2"', 1, "'mojaloop.io/v1' was expected"),
        ("kind: MojaloopReport", "kind: List", 2, "'MojaloopReport' was expected"),
        ("  endpoint:\n    path: /Report-Positions\n", "  endpoint:\n", 14, "'path' is a required property"),
        ("      - name: currency", "      - nam: currency", 18, "'name' is a required property"),
        ("        required: false", '        required: "false"', 17, "is not of type 'boolean'"),
        ("    - name: positions", "    - name: owner", 23, "two queries have the same name"),
        ("SELECT c.currencyId, p.value", "CALL positions(:currency, :most)", 27, "exactly one SELECT"),
        ("SELECT c.currencyId, p.value", "SELECT *", 27, "it selects *"),
        ("p.value < :most", "p.value < 3", 20, "no query uses :most"),
        ("c.currencyId = :currency", "c.currencyId = :unit", 30, "it uses :unit"),
        ("FROM participantPosition p", "FROM participant_position p", 28, "has no table participant_position"),
        ("  queries:\n", "  title: {{ .Values.title }}\n  queries:\n", 22, ""),
        ("metadata:\n", "metadata:\n  name: twice\n", 5, "stands here twice"),
    ],
)  # fmt: skip
def test_what_does_not_load_says_the_line_and_the_reason(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    assert old in SITE
    with pytest.raises(BadReport) as refused:
        read(tmp_path, SITE.replace(old, new))
    assert (refused.value.line, reason in refused.value.reason) == (line, True), refused.value
