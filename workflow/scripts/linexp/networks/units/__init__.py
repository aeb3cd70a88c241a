"""Units that explanations are of, instead of neurons. A kind is a file of its name with a `KIND`, and its line here."""
