"""The authorisation matrix: every route and action of every app, times every role, times whose data."""
