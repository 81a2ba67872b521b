"""The standard roles and exclusions, as files; `bff.access.files` reads them."""
