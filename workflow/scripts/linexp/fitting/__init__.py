"""From moments to explanations: elastic net (Eq. 6), greedy search (Algorithm 1) or one among all, least squares."""
