"""Tests of the checker: against an app that keeps every clause, and can be told to break each."""
