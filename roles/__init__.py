"""The role, exclusion and approval files that come with the portal: the standard set here, the business set beside it."""

from pathlib import Path

BUSINESS = Path(__file__).parent / "business"
