"""Tests of what every page loads."""
