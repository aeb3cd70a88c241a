"""Artifacts on disk: HDF5, Parquet, JSON and safetensors, each whole, checked, and telling where it comes from."""
