"""The browser, as the journeys have it."""

from e2e.conftest import browser_context_args
from tests.chromium import browser_type_launch_args

__all__ = ["browser_context_args", "browser_type_launch_args"]
