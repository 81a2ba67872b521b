"""What the reports micro-frontend promises."""
