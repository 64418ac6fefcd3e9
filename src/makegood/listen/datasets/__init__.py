"""Records of the past that can be lived through again: each reader gives events in time order, with stable ids."""

from makegood.listen.datasets.recorded import Place, Recorded, UnusableData, local_moment

__all__ = ["Place", "Recorded", "UnusableData", "local_moment"]
