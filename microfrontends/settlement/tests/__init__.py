"""How settlement behaves: its rules alone, its words with the hub, its pages and its lock."""
