"""Django's test clients share one chain of middleware, where each would have made its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test.client import ClientHandler

_made: list[tuple[dict[str, Any], ClientHandler]] = []
_load = ClientHandler.load_middleware


def share_middleware() -> None:
    """Let clients take the chain that was made under the very settings of now; under others it is made anew."""
    ClientHandler.load_middleware = _shared  # type: ignore[method-assign]


def _shared(handler: ClientHandler, is_async: bool = False) -> None:
    assert not is_async, "this chain is for clients that wait"
    now = dict(vars(settings._wrapped))
    first = next((one for said, one in _made if _same(said, now)), None)
    if first is None:
        _load(handler)
        _made.append((now, handler))
        return
    handler._view_middleware = first._view_middleware
    handler._template_response_middleware = first._template_response_middleware
    handler._exception_middleware = first._exception_middleware
    handler._middleware_chain = first._middleware_chain


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(other[name] is value for name, value in one.items())
