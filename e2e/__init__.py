"""Journeys of people through a running portal, in a real browser; one file a journey."""
