"""What is printed for people: a neuron, a search, the means of a layer."""
