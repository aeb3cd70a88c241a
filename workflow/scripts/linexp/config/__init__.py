"""The configuration: its text, its schema, and what its sections say of each other."""
