"""The images: what their steps make of a clean directory."""
