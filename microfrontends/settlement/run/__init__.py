"""The durable run behind settling and finalising: what is to be done, what was done, and going on after anything."""
