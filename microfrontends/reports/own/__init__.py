"""The portal's own data as reports read it: requests for change, and who has access; gathered for each run."""
