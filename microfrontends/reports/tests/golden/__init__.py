"""What the catalogue's reports answer on a ledger that a real hub wrote, beside what the SQL they replace answered."""
