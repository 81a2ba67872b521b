"""HTTP in, HTML out: a module for each thing that a reader comes to do, and what they share."""
