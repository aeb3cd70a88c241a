"""What a neuron does to the output: losses, ablation (Eq. 11-18), Top Impact (Eq. 1-4)."""
