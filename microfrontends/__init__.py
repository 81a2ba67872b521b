"""The portal's own micro-frontends, one a package; none imports another, nor the shell."""
