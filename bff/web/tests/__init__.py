"""Tests of how pages are drawn."""
