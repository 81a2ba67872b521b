"""What the shell must do better than the best of its kind."""
