"""A site's own report: packed when a window is closed, per participant and currency, in the formats that hold it."""

from pathlib import Path

import pytest

from microfrontends.reports.tests.packs.scene import Scene, copy_of

OWN = """\
kind: MojaloopReport
metadata:
  name: window-states
spec:
  scope: session
  title: {en: States of a window, fr: États d'une fenêtre}
  endpoint:
    path: /windowStates
    params:
      - {name: windowId, type: window, required: true}
      - {name: currency, type: currency, required: true}
  formats: [csv, jsonl, pdf]
  distribute:
    after: window_closed
    per: participant_currency
    parameters: {windowId: window, currency: currency}
  queries:
    - name: states
      query: |
        SELECT p.name AS participant, a.currencyId AS currency, c.settlementWindowStateId AS state, h.createdDate AS at
        FROM settlementWindowStateChange c
        JOIN participantCurrency a ON a.ledgerAccountTypeId = 1 AND a.currencyId = :currency
        JOIN participant p ON p.participantId = a.participantId
        JOIN transferStateChange h ON h.transferStateChangeId > 0
        JOIN transferStateChange g ON g.transferStateChangeId <= 20
        WHERE c.settlementWindowId = :windowId AND (:all_participants = 1 OR p.name IN (:participants))
"""


@pytest.fixture
def own(hub_folder: Path, tmp_path: Path) -> Scene:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "window-states.yaml").write_text(OWN, "utf-8")
    made = copy_of(hub_folder, tmp_path, reports_dir=folder)
    made.rounds().notice()
    return made


def test_there_is_a_pack_for_each_currency_in_which_a_participant_sent_or_received_in_the_window(own: Scene) -> None:
    found = {(pack.event.object, pack.participant, pack.currency) for pack in own.packs(report="window-states")}
    assert {each for each in found if each[0] == 1} == {
        (1, "alphabank", "USD"), (1, "alphabank", "XOF"), (1, "betawallet", "USD"), (1, "betawallet", "XOF"),
        (1, "deltamfi", "USD"), (1, "deltamfi", "XOF"), (1, "gammapay", "USD"), (1, "gammapay", "XOF"),
    }  # fmt: skip
    # In window 2 neither betawallet nor deltamfi moved any XOF.
    assert {each[1:] for each in found if each[0] == 2} >= {("alphabank", "XOF"), ("gammapay", "XOF")}
    assert (2, "betawallet", "XOF") not in found
    pack = next(each for each in own.packs(report="window-states") if each.participant == "gammapay")
    assert dict(pack.parameters) == {"windowId": str(pack.event.object), "currency": pack.currency}


def test_a_format_that_can_never_hold_the_report_is_left_out_and_the_pack_says_why(own: Scene) -> None:
    pack = next(each for each in own.packs(report="window-states") if each.participant == "gammapay")
    with own.app.app_context():
        own.rounds().producer().take_up(pack.id)
    files = {file.form: file for file in own.desk.packs.files(pack.id)}
    assert {form for form, file in files.items() if file.file} == {"csv", "jsonl"}
    assert "There are more than 5,000 rows" in files["pdf"].problem.replace("5000", "5,000")
    page = own.of("gammapay", permissions=("reports:packs:view", "reports:window-states:view")).get(f"/packs/{pack.id}")
    assert (page.status_code, "There are more than" in page.text) == (200, True)
