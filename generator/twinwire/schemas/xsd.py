"""Generate the XSD 1.0 of the XML representation (SCHEMA-02).

The objects passed to the template contain all decisions; the template only formats them.
"""

from __future__ import annotations

from twinwire.ir import Contract
from twinwire.schemas import xml_text
from twinwire.schemas.provenance import provenance
from twinwire.schemas.xsd_types import Types
from twinwire.templating import environment


def xsd(contract: Contract) -> str:
    """Return the schema of the result element. Equal contracts give equal text."""
    env = environment("twinwire.schemas", {"xml": xml_text.escape, "comment": xml_text.comment})
    types = Types(contract.models.values())
    # First, because the wrappers and simple types are collected while the models are converted.
    models = [types.model(model) for model in contract.models.values()]
    return env.get_template("result.xsd.jinja2").render(
        header=provenance(contract.origin),
        root=contract.feed.result.xml_name,
        root_type=types.model_name(contract.feed.result.name),
        complex_types=[*models, *types.wrappers],
        simple_types=types.simple,
    )
