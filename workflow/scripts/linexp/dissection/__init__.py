"""Network Dissection (Bau et al. 2017): where neurons are active, against masks of concepts."""
