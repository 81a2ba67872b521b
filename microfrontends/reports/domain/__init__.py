"""What a report is and whose rows it may show, by the standard library alone."""
