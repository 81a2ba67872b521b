"""Tests of what `bizops new` writes, and of what it refuses."""
