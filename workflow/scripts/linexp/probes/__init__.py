"""Probing data sets: where images come from, how they are read, indexed, split and labelled."""
