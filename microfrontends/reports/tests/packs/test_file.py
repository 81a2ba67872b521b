"""What a report's file may say of its distribution, and the line and the reason where it may not."""

from pathlib import Path
from typing import Any

import pytest

from microfrontends.reports import sql_names
from microfrontends.reports.catalogue import BadReport, load
from microfrontends.reports.domain.distribution import Event, Known, Per
from microfrontends.reports.report_file import read_file

PLAIN = """\
kind: MojaloopReport
metadata:
  name: own
spec:
  scope: {participant: fspId}
  endpoint:
    path: /own
    params:
      - {name: settlementId, type: settlement, required: true}
      - {name: fspId, type: participant, required: true}
      - {name: currency, type: currency}
  queries:
    - name: net
      query: |
        SELECT p.name AS participant, n.netAmount AS net
        FROM settlementParticipantCurrency n
        JOIN participantCurrency a ON a.participantCurrencyId = n.participantCurrencyId
        JOIN participant p ON p.participantId = a.participantId
        WHERE n.settlementId = :settlementId AND p.name = :fspId
          AND (:currency IS NULL OR a.currencyId = :currency)
"""
GOOD = "{after: settled, parameters: {settlementId: settlement, fspId: participant}}"


def read(folder: Path, distribute: str, plain: str = PLAIN) -> Any:
    path = folder / "own.yaml"
    path.write_text(f"{plain}  distribute: {distribute}\n", "utf-8")
    return read_file(path, sql_names.beside(folder / "none.json")).report.distribute


def test_a_file_says_the_event_and_what_fills_its_parameters(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert (found.after, found.per, found.formats) == (Event.SETTLED, Per.PARTICIPANT, ("csv", "xlsx", "json", "jsonl"))
    assert found.parameters == {"settlementId": Known.SETTLEMENT, "fspId": Known.PARTICIPANT}
    assert found.values({Known.SETTLEMENT: "7", Known.PARTICIPANT: "alpha"}) == {"settlementId": "7", "fspId": "alpha"}


def test_a_pack_may_be_per_currency(tmp_path: Path) -> None:
    filled = "{settlementId: settlement, fspId: participant, currency: currency}"
    found = read(tmp_path, f"{{after: settled, per: participant_currency, formats: [csv], parameters: {filled}}}")
    assert (found.per, found.formats) == (Per.PARTICIPANT_CURRENCY, ("csv",))


BAD = {
    "{after: midnight, parameters: {fspId: participant}}": "'midnight' is not one of",
    "{after: settled}": "'parameters' is a required property",
    "{after: settled, parameters: {settlementId: settlement}}": "the required parameter fspId has no source",
    "{after: settled, parameters: {settlementId: window, fspId: participant}}": "window is not known when settled",
    "{after: window_closed, parameters: {settlementId: settlement, fspId: participant}}": "settlement is not known",
    "{after: settled, parameters: {settlementId: settlement, fspId: participant, dfsp: participant}}": "no parameter",
    "{after: settled, parameters: {settlementId: participant, fspId: participant}}": "is of type settlement, which no",
    "{after: settled, parameters: {settlementId: settlement, fspId: settlement}}": "is of type participant, which no",
    "{after: settled, parameters: {settlementId: settlement, fspId: participant, currency: currency}}": (
        "write per: participant_currency"
    ),
    "{after: settled, per: participant_currency, parameters: {settlementId: settlement, fspId: participant}}": (
        "no parameter takes the currency"
    ),
    "{after: settled, formats: [pdf], parameters: {settlementId: settlement, fspId: participant}}": "pdf is not among",
    "{after: settled, to: all, parameters: {settlementId: settlement, fspId: participant}}": "'to' was unexpected",
}


@pytest.mark.parametrize("distribute", BAD, ids=lambda said: BAD[said])
def test_what_does_not_fit_is_refused_with_its_line_and_the_reason(tmp_path: Path, distribute: str) -> None:
    with pytest.raises(BadReport) as refused:
        read(tmp_path, distribute)
    assert BAD[distribute] in str(refused.value)
    assert str(refused.value).startswith("own.yaml:21:")


def test_a_report_for_hub_staff_is_not_given_to_participants(tmp_path: Path) -> None:
    with pytest.raises(BadReport, match="scope hub shows every participant's rows"):
        read(tmp_path, GOOD, PLAIN.replace("{participant: fspId}", "hub"))


def test_the_catalogue_packs_what_a_participant_waits_for() -> None:
    packed = {entry.report.name: entry.report.distribute for entry in load().values() if entry.report.distribute}
    assert {name: str(distribute.after) for name, distribute in packed.items()} == {
        "dfsp-settlement": "settlement_created",
        "dfsp-settlement-detail": "settlement_created",
        "dfsp-settlement-result": "settled",
    }
