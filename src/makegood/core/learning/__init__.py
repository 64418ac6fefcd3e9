"""Learning which extra helps whom: chosen by lot within limits, judged by what became of it, proposed to a person.

Only extras are learned about and held out; floor, fix and apology are given to everybody (EVIDENCE 6.4). `exploring`
draws an extra and says with which chances; `records`, `models` and `estimates` say what another way of choosing would
have brought, with its interval; `policies` proposes one; `fairness` compares offers in the same case. `exploring`,
`priors` and `fairness` need the standard library and attrs alone, the rest NumPy: nothing here is imported before it is
used.
"""
