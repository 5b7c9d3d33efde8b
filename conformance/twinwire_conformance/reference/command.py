"""The subcommand `twinwire serve`."""

from __future__ import annotations

import argparse

from twinwire.commands import Command
from twinwire.ir import read_contract
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference.faults import FAULTS, find_fault
from twinwire_conformance.reference.running import serve as serve_app
from twinwire_conformance.reference.server import create_app

_CATALOGUE = "help"


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port; 0, the default, takes any free one")
    parser.add_argument(
        "--products", type=int, metavar="N", help="the number of entries (default: 1200, or as the fault needs)"
    )
    parser.add_argument(
        "--image-bytes", type=int, metavar="N", help="the minimum size of each image in bytes (default: as the fault needs)"
    )
    parser.add_argument("--fault", metavar="NAME", help=f"serve with this fault; '{_CATALOGUE}' lists all faults")
    parser.add_argument("--live", type=float, default=0.0, metavar="N", help="modify N entries per second")
    parser.add_argument("--latency", type=int, default=0, metavar="MS", help="wait this many milliseconds before each response")
    parser.add_argument(
        "--spec", metavar="SPEC", help="serve the feed of this spec (default: the one that ships with twinwire)"
    )


def _run(args: argparse.Namespace) -> int:
    if args.fault == _CATALOGUE:
        print(catalogue())
        return 0
    contract = packaged_contract() if args.spec is None else read_contract(args.spec)
    fault = find_fault(args.fault, contract)
    app = create_app(
        contract,
        products=args.products if args.products is not None else fault.products if fault else 1200,
        fault=args.fault,
        live=args.live,
        latency_ms=args.latency,
        image_bytes=args.image_bytes if args.image_bytes is not None else fault.image_bytes if fault else 0,
        images=True,
    )
    serve_app(app, port=args.port)
    return 0


def catalogue() -> str:
    """Return the faults as a text table: name, the rules that detect it, description."""
    width = max(map(len, FAULTS))
    return "\n".join(f"{each.name:{width}}  {', '.join(each.trips):9}  {each.description}" for each in FAULTS.values())


serve = Command(
    "serve",
    "serve a synthetic feed and its images, conformant or with one fault",
    _configure,
    _run,
    order=40,
)
