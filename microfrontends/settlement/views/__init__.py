"""HTTP in, HTML out: a module for each thing that an operator comes to do."""
