"""The charts: what they make of values, and what they refuse."""
