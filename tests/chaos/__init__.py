"""The parts of a portal are killed in turn while people work with it: nothing that was committed is lost."""
