"""The HTTP face of every app: pages and fragments, headers, languages, health."""
