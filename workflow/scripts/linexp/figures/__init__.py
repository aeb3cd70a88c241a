"""Pictures of neurons and of layers."""
