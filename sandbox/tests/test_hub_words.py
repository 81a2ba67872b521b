"""Refusals have the codes, the words and the envelope of the real hub, and answers its forms."""

import pytest

from sandbox.tests.small_hub import MODEL, SmallHub, refusal


def test_a_participants_date_is_quoted_twice_and_its_accounts_have_none(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp")
    listed = small_hub.get("/participants")[1]
    assert [one["name"] for one in listed] == ["Hub", "payerfsp"]
    assert listed[1]["created"] == '"2026-11-22T12:00:00.000Z"'
    assert {account["createdDate"] for account in listed[1]["accounts"]} == {None}
    assert (listed[1]["isActive"], listed[1]["isProxy"]) == (1, 0)


def test_an_account_has_no_position_before_its_first_cap(small_hub: SmallHub) -> None:
    small_hub.set_up()
    small_hub.post("/participants", {"name": "payerfsp", "currency": "USD"})
    assert small_hub.get("/participants/payerfsp/accounts") == (200, [])
    assert {account["isActive"] for account in small_hub.get("/participants/payerfsp")[1]["accounts"]} == {0}
    assert small_hub.get("/participants/payerfsp/positions?currency=USD") == (200, {})


def test_a_cap_may_be_negative_but_the_alarm_has_to_be_given(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp")
    limit = {"type": "NET_DEBIT_CAP", "value": -5, "alarmPercentage": 15}
    assert small_hub.put("/participants/payerfsp/limits", {"currency": "USD", "limit": limit})[0] == 200
    del limit["alarmPercentage"]
    refused = refusal(small_hub.put("/participants/payerfsp/limits", {"currency": "USD", "limit": limit}))
    assert refused == (400, "3101", 'Malformed syntax - "limit.alarmPercentage" is required')
    assert small_hub.get("/participants/payerfsp/limits")[1][0]["limit"]["value"] == -5


def test_a_description_is_cut_at_128_characters(small_hub: SmallHub) -> None:
    status, code, words = refusal(small_hub.post("/participants", {"name": "newfsp", "currency": "ZZZ"}))
    assert (status, code, len(words)) == (400, "3101", 128)
    assert words.endswith("BGN, BH")


def test_what_is_not_found_is_never_a_404(small_hub: SmallHub) -> None:
    unknown = "Generic ID not found - The requested resource could not be found"
    assert refusal(small_hub.get("/participants/nosuch")) == (400, "3200", unknown)
    words = "Generic validation error - Settlement with ID '1' not found"
    assert refusal(small_hub.get("/v2/settlements/1")) == (400, "3100", words)


def test_an_unknown_address_is_a_404_and_a_wrong_method_a_405(small_hub: SmallHub) -> None:
    assert refusal(small_hub.get("/nosuch")) == (404, "3002", "Unknown URI - Not Found")
    assert refusal(small_hub.get("/")) == (404, "3002", "Unknown URI - Not Found")
    assert refusal(small_hub.send("DELETE", "/v2/settlements/1"))[:2] == (405, "3000")


def test_a_body_must_be_json_and_say_so(small_hub: SmallHub) -> None:
    broken = small_hub.raw("POST", "/participants", b"{", "application/json")
    assert refusal(broken) == (400, "3000", "Generic client error - Invalid request payload JSON format")
    other = small_hub.raw("POST", "/participants", b"<a/>", "text/xml")
    assert refusal(other) == (400, "3101", "Malformed syntax - Unsupported Media Type")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "x"}, '"name" length must be at least 2 characters long'),
        ({"name": "x" * 31}, '"name" length must be less than or equal to 30 characters long'),
        ({"name": "a-b"}, '"name" must only contain alpha-numeric characters'),
        ({"currency": "USD"}, '"name" is required'),
        ({"name": 7}, '"name" must be a string'),
        ({"name": "payerfsp", "currency": "USD", "colour": "red"}, '"colour" is not allowed'),
        ({"name": "payerfsp", "currency": "USD", "isProxy": "maybe"}, '"isProxy" must be a boolean'),
    ],
)
def test_a_new_participant_is_checked_field_by_field(small_hub: SmallHub, body: dict[str, object], words: str) -> None:
    assert refusal(small_hub.post("/participants", body)) == (400, "3101", f"Malformed syntax - {words}")


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({}, "3100", "Generic validation error - Invalid request payload input"),
        ({"state": "INVALID", "reason": "x"}, "3100", "Generic validation error - Invalid request payload input"),
        ({"reason": "x"}, "3102", "Missing mandatory element - State and reason are mandatory"),
        ({"state": "SETTLED"}, "3101", 'Malformed syntax - "state" must be one of [ABORTED, INVALID]'),
        (
            {"participants": [], "reason": "x"},
            "3100",
            "Generic validation error - No other properties are allowed when participants is provided",
        ),
        ({"participants": [{"id": 2, "accounts": [{"id": 3, "state": "SETTLING", "reason": "x"}]}]}, "3101", "["),
    ],
)
def test_a_change_of_a_settlement_is_checked(
    small_hub: SmallHub, body: dict[str, object], code: str, words: str
) -> None:
    status, said, description = refusal(small_hub.put("/v2/settlements/1", body))
    assert (status, said) == (400, code)
    assert words in description


def test_endpoints_are_replaced_and_unknown_kinds_are_an_internal_error(small_hub: SmallHub) -> None:
    small_hub.set_up("payerfsp")
    kind = "FSPIOP_CALLBACK_URL_TRANSFER_POST"
    for value in ("http://a", "http://b"):
        assert small_hub.post("/participants/payerfsp/endpoints", {"type": kind, "value": value}) == (201, None)
    assert small_hub.get("/participants/payerfsp/endpoints") == (200, [{"type": kind, "value": "http://b"}])
    assert small_hub.get("/participants/payerfsp/endpoints?type=NOPE") == (200, {})
    status, said = small_hub.post("/participants/payerfsp/endpoints", {"type": "NOPE", "value": "http://a"})
    assert status == 500
    assert said["errorInformation"]["extensionList"] == {"extension": [{"key": "system", "value": '["db"]'}]}


def test_a_second_model_for_a_currency_is_refused_by_the_database(small_hub: SmallHub) -> None:
    small_hub.set_up()
    assert refusal(small_hub.post("/settlementModels", {**MODEL, "name": "OTHER"}))[:2] == (500, "2001")
    assert refusal(small_hub.post("/settlementModels", MODEL))[2].endswith("Settlement Model already exists")
    assert len(small_hub.get("/settlementModels")[1]) == 1


def test_both_services_say_that_they_are_well(small_hub: SmallHub) -> None:
    ledger, settlement = small_hub.get("/health")[1], small_hub.get("/v2/health")[1]
    assert (ledger["status"], ledger["versionNumber"]) == ("OK", "19.14.0")
    assert (settlement["status"], settlement["versionNumber"]) == ("OK", "17.3.4")
