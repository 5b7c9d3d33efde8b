"""The fast ways of the decoders against the plain ones, on mutated pages; `make fuzz` does the same for longer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from types import ModuleType

import pytest

import product_images
import product_images.codec
from codec_fuzzing import Fuzz, Representation
from fuzz_codecs import LEDGER
from fuzz_results import LEDGER_NAMES, ORDER_CHANGES, ORDER_NAMES, VENDOR_NAMES, ledger_result, order_result, vendor_result
from orders_spec import contract
from sdk_packages import package
from twinwire.ir import read_contract

SECONDS = 2.5


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The SDK of a contract whose every value, base64 too, is an element."""
    with package(read_contract(LEDGER), tmp_path_factory.mktemp("ledger")) as module:
        yield module


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The SDK of a contract with attributes of every kind."""
    with package(contract(*ORDER_CHANGES), tmp_path_factory.mktemp("orders")) as module:
        yield module


def agree(fuzz: Fuzz, representation: Representation, *, at_least: int) -> None:
    report = fuzz.run(representation, seconds=SECONDS, seed=random.SystemRandom().getrandbits(32))
    assert not report.disagreements, report.disagreements[0]
    # Enough of either for an agreement to say something.
    assert report.fast >= at_least, str(report)
    assert report.cases - report.results >= at_least, str(report)


@pytest.mark.parametrize("representation", ["json", "xml"])
def test_the_fast_ways_decode_and_refuse_what_the_plain_ones_do(representation: Representation) -> None:
    agree(Fuzz(product_images, lambda draw: vendor_result(product_images, draw), VENDOR_NAMES), representation, at_least=5)


@pytest.mark.parametrize("representation", ["json", "xml"])
def test_so_they_do_for_attributes_of_every_kind_and_name(orders: ModuleType, representation: Representation) -> None:
    agree(Fuzz(orders, lambda draw: order_result(orders, draw), ORDER_NAMES), representation, at_least=5)


@pytest.mark.parametrize("representation", ["json", "xml"])
def test_so_they_do_for_a_contract_of_elements(ledger: ModuleType, representation: Representation) -> None:
    agree(Fuzz(ledger, lambda draw: ledger_result(ledger, draw), LEDGER_NAMES), representation, at_least=5)
