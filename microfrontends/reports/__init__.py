"""Reports over the hub's database: found in a catalogue, run with parameters, read on a page or kept as a file."""
