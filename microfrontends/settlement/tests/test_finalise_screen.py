"""The finalise screen: two ways, findings by the cell, acknowledgements one by one, the whole plan, then confirming."""

import io
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from bff.change.audit_reading import AuditQuery
from bff.testing import user_with
from microfrontends.settlement.domain.settlements import SettlementState
from microfrontends.settlement.domain.windows import WindowState
from microfrontends.settlement.permissions import P
from microfrontends.settlement.tests.bench import Bench
from microfrontends.settlement.tests.reading import links, rows, said, words


@pytest.fixture
def fatima(app: Flask, bench: Bench) -> FlaskClient:
    """Fatima, before a settlement in francs that is reserved."""
    bench.hub.has(2, WindowState.PROCESSING)
    bench.hub.transfer(2, "70000", "XOF", payer="beta", payee="alpha")
    bench.hub.transfer(2, "1", "XOF", payer="delta", payee="gamma")
    bench.hub.finish()
    bench.settle("DEFERREDNETXOF", "2")
    return user_with(app, P.VIEW_SETTLEMENTS, P.FINALISE, sub="u-fatima", name="Fatima Farah", username="fatima")


def report(client: FlaskClient, **cells: Any) -> tuple[io.BytesIO, str]:
    """The bank's file: the report as downloaded, each balance filled in as it will be, and these cells otherwise."""
    book = load_workbook(io.BytesIO(client.get("/settlements/1/initiation.xlsx").data))
    sheet = book["SettlementBankReport"]
    for row in range(7, sheet.max_row + 1):
        sheet[f"C{row}"] = 1_000_000 - sheet[f"D{row}"].value
    for cell, value in cells.items():
        sheet[cell] = value
    out = io.BytesIO()
    book.save(out)
    return io.BytesIO(out.getvalue()), "bank.xlsx"


def validate(client: FlaskClient, file: Any = None, **options: str) -> Any:
    sent = {"source": "bank", "file": file} if file else {"source": "nets"}
    data = {"set_liquidity": "yes", **sent, **options}
    return client.post("/settlements/1/finalisations", data=data)


def page_after(client: FlaskClient, answer: Any) -> str:
    assert answer.status_code == 303, words(answer.text)
    return str(client.get(answer.location.removeprefix("/settlement")).text)


def test_the_net_amounts_lead_to_a_plan_in_full(fatima: FlaskClient) -> None:
    page = page_after(fatima, validate(fatima))
    assert "Validated" in words(page)
    assert any(row.startswith("beta XOF owes 70,000 1,000,000 out 70,000 930,000") for row in rows(page))
    assert any("/settlement/settlements/1/finalise?finalisation_id=" in each for each in links(page))


def test_the_report_sent_back_with_its_balances_passes_every_validation(fatima: FlaskClient) -> None:
    page = page_after(fatima, validate(fatima, report(fatima)))
    assert "All validations passed" in words(page)
    assert "bank.xlsx" in words(page)
    assert any("/finalise?finalisation_id=" in each for each in links(page))


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"B1": "7"}, "B1 says settlement 7, but settlement 1 is to be finalised."),
        ({"C9": "soon"}, "C9 must hold the new balance"),
        ({"D7": 1}, "add up to"),
        ({"A7": "2 99 alpha"}, "99"),
    ],
)
def test_an_error_names_its_cell_and_nothing_can_be_confirmed(
    fatima: FlaskClient, cells: dict[str, Any], told: str
) -> None:
    page = page_after(fatima, validate(fatima, report(fatima, **cells)))
    assert "It cannot be confirmed" in words(page)
    assert told in words(page)
    assert not [each for each in links(page) if "/finalise?" in each]


def test_a_difference_is_acknowledged_by_name_before_anything_can_be_confirmed(
    fatima: FlaskClient, bench: Bench
) -> None:
    answer = validate(fatima, report(fatima, C8=930_100))
    page = page_after(fatima, answer)
    assert "Acknowledge the difference of 100 XOF" in words(page)
    assert "1 warning is still to be acknowledged." in words(page)
    key = bench.desk.finalisations.of_settlement(1)[0]
    address = f"/settlements/1/finalisations/{key.id}"
    assert fatima.post(f"{address}/acknowledgements", data={"finding": "4-0-nonsense"}).status_code == 409
    assert fatima.post(f"{address}/acknowledgements", data={"finding": key.findings[0]}).status_code == 303
    page = fatima.get(address).text
    assert "Fatima Farah" in words(page)
    assert any("/finalise?finalisation_id=" in each for each in links(page))
    assert "settlement 1 difference" in words(page), "what the bank holds otherwise has a reference of its own"


def test_a_difference_is_booked_by_itself_once_the_funds_have_moved(fatima: FlaskClient, bench: Bench) -> None:
    validate(fatima, report(fatima, C8=930_100))
    made = bench.desk.finalisations.of_settlement(1)[0]
    page = f"/settlements/1/finalisations/{made.id}"
    assert "Book the difference" not in words(fatima.get(page).text)
    fatima.post(f"{page}/acknowledgements", data={"finding": made.findings[0]})
    bench.work(bench.finalise(1, finalisation_id=made.id))
    booking = next(each for each in links(fatima.get(page).text) if "/differences/" in each)
    account = int(booking.rsplit("/", 1)[1])
    bench.work(bench.ask("correct", settlement_id=1, finalisation_id=made.id, account_id=account).id)
    assert not [each for each in links(fatima.get(page).text) if "/differences/" in each]
    assert "10. Compare the balances and book differences Done" in words(fatima.get("/settlements/1/guide").text)


def test_a_participant_in_arrears_is_shown_as_disabled(fatima: FlaskClient, bench: Bench) -> None:
    page = page_after(fatima, validate(fatima, report(fatima, C8="-5")))
    assert any(row.startswith("beta XOF owes") and "disabled" in row for row in rows(page))


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (b"", "empty.xlsx", "Empty file"),
        (b"PK\x03\x04broken", "x.xlsx", "damaged"),
        (b"%PDF-1.7", "x.pdf", "spreadsheet"),
    ],
)
def test_a_file_that_is_not_read_is_told_at_once_and_not_kept(
    fatima: FlaskClient, bench: Bench, data: bytes, name: str, told: str
) -> None:
    before = bench.desk.finalisations.of_settlement(1)
    answer = validate(fatima, (io.BytesIO(data), name))
    assert answer.status_code == 422
    assert told in words(answer.text)
    assert bench.desk.finalisations.of_settlement(1) == before
    assert "Nothing was kept and nothing moves." in words(answer.text)


def test_without_a_file_the_form_says_so(fatima: FlaskClient) -> None:
    answer = fatima.post("/settlements/1/finalisations", data={"source": "bank", "raise_caps": "yes"})
    assert answer.status_code == 422
    assert "Choose the file that the settlement bank sent." in words(answer.text)


def test_an_aborted_settlement_cannot_be_finalised(fatima: FlaskClient, bench: Bench) -> None:
    bench.hub.settling.made[1] = replace(bench.hub.settling.made[1], state=SettlementState.ABORTED)
    assert "Unable to finalise an aborted settlement" in words(fatima.get("/settlements/1/finalisations").text)
    assert validate(fatima).status_code == 409


def test_whoever_comes_second_is_told_who_began_and_when(fatima: FlaskClient, bench: Bench) -> None:
    bench.finalise(1)
    page = fatima.get("/settlements/1/finalisations").text
    assert "This is running already: Fatima started it on" in words(page)
    assert ">Validate<" not in page


def test_validating_and_acknowledging_are_in_the_audit(fatima: FlaskClient, bench: Bench, app: Flask) -> None:
    validate(fatima, report(fatima, C8=930_100))
    made = bench.desk.finalisations.of_settlement(1)[0]
    fatima.post(f"/settlements/1/finalisations/{made.id}/acknowledgements", data={"finding": made.findings[0]})
    audit = app.extensions["portal_audit"]
    noted, kept = audit.entries(AuditQuery(target="settlement:1", action="finalisation.*", limit=2)).entries
    assert (noted.action, kept.action) == ("finalisation.acknowledge", "finalisation.validate")
    assert "difference is 100" in noted.detail["sentence"]
    assert kept.detail["warnings"] == 1
    assert len(kept.detail["sha256"]) == 64


def test_a_program_validates_acknowledges_and_confirms_by_the_id(fatima: FlaskClient, bench: Bench) -> None:
    told = said(fatima.post("/api/settlements/1/finalisations", data={"file": report(fatima, C8=930_100)}))
    assert (told["confirmable"], told["errors"], len(told["warnings"])) == (False, [], 1)
    assert {each["participant"] for each in told["adjustments"]} == {"alpha", "beta", "gamma", "delta"}
    assert told["differences"][0]["funds"] == "100"
    address = f"/api/settlements/1/finalisations/{told['id']}"
    key = told["warnings"][0]["key"]
    assert said(fatima.post(f"{address}/acknowledgements", json={"findings": [key]}))["confirmable"] is True
    asked = fatima.post("/api/settlements/1/finalise", json={"finalisation_id": told["id"]})
    assert asked.status_code == 202
    assert said(asked)["state"] == "PENDING", "confirming needs a second person by default"


def test_a_program_that_sends_json_learns_what_to_send(fatima: FlaskClient) -> None:
    answer = fatima.post("/api/settlements/1/finalisations", json={"set_liquidity": False})
    assert answer.status_code == 422
    assert "multipart/form-data" in answer.text


def test_options_are_kept_with_what_was_validated(fatima: FlaskClient, bench: Bench) -> None:
    page = page_after(fatima, fatima.post("/settlements/1/finalisations", data={"source": "nets", "raise_caps": "yes"}))
    assert "Left as it is" in words(page)
    assert bench.desk.finalisations.of_settlement(1)[0].options.raise_caps
