"""The role, exclusion and approval files of the portal: the standard set, and beside it the business set."""

from pathlib import Path

BUSINESS = Path(__file__).parent / "business"
