"""What to say when the directory is away."""

import structlog
from flask import Response
from flask_babel import gettext as _

from bff.web.failures import Failure, answer
from microfrontends.users.directory import DirectoryUnavailable

log = structlog.get_logger()


def directory_unavailable(problem: DirectoryUnavailable) -> Response:
    """A page or problem+json: nothing was changed, everybody's rights hold, try again."""
    log.warning("directory_unavailable", problem=str(problem))
    sentence = _(
        "The directory of people does not answer. Nothing was changed, and what everybody may do stays as it is. "
        "Try again in a moment."
    )
    return answer(Failure(502, _("People cannot be looked up"), sentence))
