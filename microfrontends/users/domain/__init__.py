"""The rules about rights, and about who should be looked at again; they know neither the web nor the directory."""
