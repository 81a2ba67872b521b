"""Contracts that hold for the repository as a whole; each package's own tests lie in the package."""
