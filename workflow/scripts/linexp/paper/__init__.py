"""The paper's tables, filled with what is measured."""
