"""A hub, an identity provider and traffic for development, demonstrations and tests; never for production."""
