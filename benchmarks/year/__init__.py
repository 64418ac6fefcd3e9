"""A simulated year: customers are failed and recovered, by people who act late, forget and leave, while things break."""
