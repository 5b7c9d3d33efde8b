"""Both clients, and a network that is not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import respx

from sdk_clients import Driver


@pytest.fixture(params=["sync", "async"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """A driver of each client."""
    return Driver(request.param)


@pytest.fixture
def network() -> Iterator[respx.MockRouter]:
    """A router for requests; whatever is not routed fails."""
    with respx.mock(assert_all_called=False) as router:
        yield router
