"""What the users micro-frontend promises."""
