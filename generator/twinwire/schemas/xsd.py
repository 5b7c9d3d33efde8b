"""The XML representation of a contract as XSD 1.0 (SCHEMA-02).

The view objects here decide; the template only writes them down.
"""

from __future__ import annotations

from twinwire.ir import Contract
from twinwire.schemas import xml_text
from twinwire.schemas.provenance import provenance
from twinwire.schemas.xsd_types import Types
from twinwire.templating import environment


def xsd(contract: Contract) -> str:
    """Return the schema of the result element; the same contract, the same text."""
    env = environment("twinwire.schemas", {"xml": xml_text.escape, "comment": xml_text.comment})
    types = Types(contract.models.values())
    models = [types.model(model) for model in contract.models.values()]
    return env.get_template("result.xsd.jinja2").render(
        header=provenance(contract.origin),
        root=contract.feed.result.xml_name,
        root_type=types.model_name(contract.feed.result.name),
        complex_types=[*models, *types.wrappers],
        simple_types=types.simple,
    )
