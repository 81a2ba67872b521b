"""Settlement windows of the hub: what they hold, which one is open, and closing it."""
