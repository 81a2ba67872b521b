"""Tests of the way in which things are changed and remembered."""
