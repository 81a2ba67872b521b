"""Report packs: events noticed, packs produced, delivered with proof, and kept from everybody else."""
