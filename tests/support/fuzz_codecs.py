"""`make fuzz`: compare the fast and the plain decoders of three generated SDKs on mutated documents."""

from __future__ import annotations

import argparse
import faulthandler
import random
import sys
import tempfile
from pathlib import Path
from typing import get_args

import product_images
import product_images.codec
from codec_fuzzing import Fuzz, Representation
from fuzz_results import LEDGER_NAMES, ORDER_CHANGES, ORDER_NAMES, VENDOR_NAMES, ledger_result, order_result, vendor_result
from orders_spec import contract
from sdk_packages import package
from twinwire.ir import read_contract

LEDGER = Path(__file__).parent / "ledger.yaml"
# Documents are small, so a decoder that takes this long hangs.
HANG_SECONDS = 60


def main() -> int:
    """Run the fuzzers. Return exit code 0 if the decoders agree, otherwise 1."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="the duration of each of the six fuzzers (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, help="the seed of a run to repeat (default: random)")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().getrandbits(32)
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as scratch,
        package(read_contract(LEDGER), Path(scratch) / "ledger") as ledger,
        package(contract(*ORDER_CHANGES), Path(scratch) / "orders") as orders,
    ):
        vendor = Fuzz(product_images, lambda draw: vendor_result(product_images, draw), VENDOR_NAMES)
        elements = Fuzz(ledger, lambda draw: ledger_result(ledger, draw), LEDGER_NAMES)
        attributes = Fuzz(orders, lambda draw: order_result(orders, draw), ORDER_NAMES)
        # A list instead of a generator in all(), so that every fuzzer runs.
        agreed = [
            _agreed(name, fuzz, representation, arguments.seconds, seed)
            for name, fuzz in (("product images", vendor), ("ledger", elements), ("orders", attributes))
            for representation in get_args(Representation)
        ]
    return 0 if all(agreed) else 1


def _agreed(name: str, fuzz: Fuzz, representation: Representation, seconds: float, seed: int) -> bool:
    # A decoder in C that hangs cannot be interrupted by an exception.
    faulthandler.dump_traceback_later(seconds + HANG_SECONDS, exit=True)
    report = fuzz.run(representation, seconds=seconds, seed=seed)
    faulthandler.cancel_dump_traceback_later()
    print(f"{name}, {representation}, seed {seed}: {report}", flush=True)
    for disagreement in report.disagreements[:3]:
        print(f"  {disagreement[:3000]}", file=sys.stderr)
    return not report.disagreements


if __name__ == "__main__":
    sys.exit(main())
