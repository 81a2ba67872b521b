"""`bizops new microfrontend NAME`: a package that keeps the contract from its first hour."""
