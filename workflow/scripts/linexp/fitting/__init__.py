"""From moments to explanations: elastic net (Eq. 6), greedy search (Algorithm 1), least squares (Eq. 7)."""
