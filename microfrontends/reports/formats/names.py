"""What a file is called: the report, what it is of, and as of when, so that two downloads never look alike."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime


def attachment(report: str, values: Mapping[str, object], as_of: datetime, extension: str) -> dict[str, str]:
    """The header that has a browser save the answer under the report's name, parameters and time (UTC)."""
    given = [str(value) for value in values.values() if value is not None]
    parts = [report, *given, f"{as_of.astimezone(UTC):%Y%m%dT%H%MZ}"]
    name = "_".join(re.sub(r"[^A-Za-z0-9.-]+", "-", part).strip("-.")[:80] for part in parts)
    return {"Content-Disposition": f'attachment; filename="{name}.{extension}"'}
