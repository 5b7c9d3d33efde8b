"""The subcommand serve."""

from __future__ import annotations

import argparse
from importlib.resources import as_file, files

from twinwire.commands import Command
from twinwire.ir import Contract, read_contract
from twinwire_conformance.reference.faults import FAULTS
from twinwire_conformance.reference.running import serve as serve_app
from twinwire_conformance.reference.server import create_app

_CATALOGUE = "help"


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the port; 0, the default, takes any free one")
    parser.add_argument("--products", type=int, default=1200, metavar="N", help="the size of the feed (default: 1200)")
    parser.add_argument("--fault", metavar="NAME", help=f"break the contract in one way; '{_CATALOGUE}' lists the ways")
    parser.add_argument("--live", type=float, default=0.0, metavar="N", help="change N entries a second")
    parser.add_argument("--latency", type=int, default=0, metavar="MS", help="wait this many milliseconds before each answer")
    parser.add_argument(
        "--spec", metavar="SPEC", help="serve the feed of this spec (default: the one that ships with twinwire)"
    )


def _run(args: argparse.Namespace) -> int:
    if args.fault == _CATALOGUE:
        print(catalogue())
        return 0
    app = create_app(_contract(args.spec), products=args.products, fault=args.fault, live=args.live, latency_ms=args.latency)
    serve_app(app, port=args.port)
    return 0


def _contract(spec: str | None) -> Contract:
    if spec is not None:
        return read_contract(spec)
    with as_file(files("twinwire_conformance") / "data" / "contract.yaml") as path:
        return read_contract(path)


def catalogue() -> str:
    """Return the faults as a table: name, the rules that see it, what is wrong."""
    width = max(map(len, FAULTS))
    return "\n".join(f"{each.name:{width}}  {', '.join(each.trips):9}  {each.description}" for each in FAULTS.values())


serve = Command("serve", "serve a feed that keeps the contract, or breaks it in one way", _configure, _run, order=40)
