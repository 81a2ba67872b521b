"""Rules of the house that need no running portal: `make check` runs them too."""
