"""A machine that does anything to a recovery, in any order, and asks after each deed whether the invariants hold."""
