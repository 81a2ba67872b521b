"""The forms in which a report leaves the portal."""
