"""The real parts that the tests run against: where they come from, and which of them ran."""
