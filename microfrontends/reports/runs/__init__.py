"""Every run of a report: who, when, with what, how many rows; and those that are worked at in the background."""
