"""States that the hub has and the portal's library does not know are said in the reader's language."""

import pytest
from flask import Flask
from flask_babel import force_locale

from bff.web.states import spoken
from microfrontends.reports.views.state_words import WORDS


@pytest.mark.parametrize("code", sorted(WORDS))
def test_the_hubs_longer_states_are_said_in_french_too(app: Flask, code: str) -> None:
    with app.test_request_context():
        with force_locale("en"):
            english = spoken(code)
            assert english == str(WORDS[code])
        with force_locale("fr"):
            assert spoken(code) != english
