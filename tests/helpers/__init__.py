"""What tests share: literal algorithms, networks with hooks, small projects, a SLURM of one node."""
