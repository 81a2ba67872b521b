"""Spreadsheets that come from the settlement bank and go to it: bytes here, rows and rules in the domain."""
