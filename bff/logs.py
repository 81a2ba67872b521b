"""What a process writes down: one JSON line an event on standard output, those of libraries too."""

import logging
import re

from bff.absent import absent

with absent("rich"):  # structlog would colour tracebacks with it: 5 MB for nothing, since a line here is JSON
    import structlog

_least = logging.NOTSET
# Of an address that somebody else quotes, what follows the question mark may hold names, codes and account numbers.
_QUERY = re.compile(r"\?[^\s'\"]*")


class Lines(logging.Handler):
    """What others say through Python's own logging, as lines like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one of them."""
        try:
            said = _QUERY.sub("?...", record.getMessage())
            structlog.get_logger().log(
                record.levelno, "library", library=record.name, said=said, exc_info=record.exc_info
            )
        except Exception:  # logging's own rule: who logs never fails for it
            self.handleError(record)


def are_configured() -> bool:
    """Whether the level is known already."""
    return structlog.is_configured()


def speaks(level: int) -> bool:
    """Whether lines of this level are written: to ask costs less than to say what nobody hears."""
    return level >= _least


def configure_logs(level: str) -> None:
    """JSON lines on standard output, one an event. Libraries speak from warnings on, whatever the level."""
    global _least
    _least = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_least),
        cache_logger_on_first_use=False,
    )
    # At DEBUG they would quote headers and bodies, and with these the secrets of the portal.
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    if not any(isinstance(handler, Lines) for handler in root.handlers):
        root.addHandler(Lines(logging.WARNING))
