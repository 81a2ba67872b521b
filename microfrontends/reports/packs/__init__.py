"""Report packs: produced for participants on what happens at the hub, delivered, and answered for."""
