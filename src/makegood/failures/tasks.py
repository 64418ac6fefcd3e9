"""What the ticker does with failures: gate those that waited, then route contacts and reviews."""

from makegood.failures.gating import failures_gate
from makegood.failures.routing import failures_route

__all__ = ["failures_gate", "failures_route"]
