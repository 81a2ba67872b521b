"""HTTP in, HTML out: a module for each thing that a user administrator comes to do."""
