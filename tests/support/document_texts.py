"""Texts of the generated pages that stand nowhere else: fixes of spec problems, and effects of the keys of ``x-feed``."""

from __future__ import annotations

from dataclasses import dataclass

FIXES = {
    "unreadable": "Name an existing file that the user may read.",
    "too-large": "Move everything that the feed does not use into another file. A spec has at most 4 MB.",
    "too-deep": "Describe inner values as components. Values are nested at most 64 deep.",
    "encoding": "Save the file as UTF-8, with or without a byte order mark.",
    "empty": "Write the document. `spec/products-images.yaml` is a complete example.",
    "not-a-spec": "Begin with `openapi: 3.1.0`. A spec is one mapping.",
    "yaml-syntax": "Correct the syntax at the caret. Indentation uses spaces only.",
    "yaml-documents": "Keep one document in each file, and remove the line `---` between them.",
    "yaml-alias": "Describe the shared value as a component and refer to it with `$ref`.",
    "yaml-tag": "Write the plain value. A tag could construct an object, so that none is accepted.",
    "yaml-key": "Write a text in place of the list or mapping.",
    "duplicate-key": "Remove one of the two. The hint names the line of the first.",
    "number": "Quote the value if it is text, or write a number that 64 bits hold exactly.",
    "character": "Use a name without control characters, quotation marks and backslashes, and no lone surrogates in texts.",
    "openapi-version": "Convert the document to OpenAPI 3.1 and begin with `openapi: 3.1.0`.",
    "unknown-field": "Correct the spelling, or remove the field. The hint names near fields.",
    "missing-field": "Add the field that the message names.",
    "wrong-type": "Write a value of the type that the message names. Quote numbers that are meant as text, such as a version.",
    "unknown-value": "Choose one of the values that the message lists.",
    "bad-format": "Write the text in the form that the message shows.",
    "bad-size": "Add or remove items or characters until the size is allowed.",
    "duplicate-value": "Remove one of the two values.",
    "conflict": "Keep one of the fields, or make them agree.",
    "remote-ref": "Copy the target below `components`. Nothing is fetched, and no other file is opened.",
    "unsupported-ref": "Refer to a component: `#/components/<section>/<name>`.",
    "ref-kind": "Refer to a component of the section that the message names.",
    "dangling-ref": "Correct the name, or describe the component.",
    "cyclic-ref": "Describe one of the components in place.",
    "external-value": "Name a file beside the spec or in a folder below it.",
    "no-feed": "Add `x-feed` to the GET operation that serves the feed.",
    "several-feeds": "Keep one feed in each spec, and make a spec of its own for the other.",
    "misplaced-feed": "Move `x-feed` to the GET operation.",
    "path": "Write a path without parameters, queries and `..`, percent-encoded where needed.",
    "unsupported-parameter": "Use a query parameter with one scalar value: text, integer, number or boolean.",
    "bad-example": "Give an example that the schema allows. It is sent with every request.",
    "duplicate-parameter": "Declare the parameter once, for the operation or for its path.",
    "no-answer": "Describe the response `200` with `content`.",
    "answer-schema": "Refer to the same component schema from every media type.",
    "missing-type": "Write `type`, or a `$ref` to a component.",
    "unsupported-type": "Use one of the supported types. Put inner arrays into an object.",
    "unsupported-keyword": "Remove the keyword. The hint names the supported keywords that are near.",
    "unsupported-format": "Use `format: uri` for links, and `contentEncoding: base64` for binary content.",
    "unsupported-composition": "Write one schema, or `oneOf` with one `$ref` and `type: 'null'`.",
    "unsupported-fraction": "Write an integer.",
    "unsupported-xml": "Remove the field. Supported are `name`, `attribute` and `wrapped`, each where it has a meaning.",
    "array-items": "Add `items` with a type, or with a `$ref` to an object.",
    "inline-object": "Describe the object below `components/schemas`, and write a `$ref` here.",
    "empty-model": "List the members below `properties`.",
    "recursive-model": "Remove the member that closes the circle. A page has a finite depth.",
    "unknown-required": "Correct the spelling, or describe the member below `properties`.",
    "empty-range": "Swap the two bounds, or correct one.",
    "int64-range": "Stay within -9223372036854775808 and 9223372036854775807.",
    "bad-pattern": "Write a regular expression of ECMA-262. The message names the character at which it ends to be one.",
    "unsupported-pattern": "Use the simpler construct that the hint names.",
    "bad-default": "Choose a default that the schema allows.",
    "bad-enum": "List values of the type, at least one of them not null.",
    "xml-attribute": "Remove `attribute`, so that the member becomes an element.",
    "xml-wrapped": "Remove `wrapped`. Only arrays have a wrapper.",
    "xml-name": "Give the member an XML name with `xml: {name: ...}`: letters, digits, `_`, `-` and `.`, and no colon.",
    "xml-name-clash": "Give one of the two members another name with `xml: {name: ...}`.",
    "xml-name-missing": "Add `xml: {name: ...}` to the component.",
    "xml-name-mismatch": "Write the same name in both places, or only in one.",
    "unknown-parameter": "Correct the spelling, or declare the parameter.",
    "unknown-member": "Correct the spelling, or describe the member. The hint lists the known ones.",
    "feed-type": "Name another parameter or member, or change its type to the one that the role needs.",
    "role-clash": "Give each role a parameter or member of its own.",
    "required-parameter": "Remove `required: true`. The feed must be able to leave the parameter out.",
    "limit-bounds": "Give the page size a minimum of at least 1, a maximum and a default.",
    "bad-value": "Choose a value that the parameter's schema allows.",
    "default-mode": "Leave `value` out in exactly one mode, which is the default.",
    "duplicate-mode": "Give each mode a name, a value and a content of its own.",
    "media-type": "List each media type of the 200 response in exactly one representation.",
    "relabelled": "List the media type in a representation too, and keep one that is not relabelled.",
    "status": "Describe a response with this status, or name one that is described.",
    "duplicate-erratum": "Give each erratum an id of its own.",
    "ignored-keyword": "No action is needed. Remove the keyword if nobody else reads it.",
    "no-example": "Add an `example` to the parameter. The suite sends it with every request.",
    "no-identifier": "Use a name with Latin letters that does not begin with a digit.",
    "reserved-name": "Choose another name.",
}
"""The usual fix of each problem of a spec, by code."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a key of ``x-feed``.

    Args:
        text: The effect on the SDK and on the suite.
        switches: The rules that are skipped without this key, or without the value that ``text`` names.
        concerns: Other rules that use the key.
    """

    text: str
    switches: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()


_IMAGES = tuple(f"IMAGE-0{number}" for number in range(1, 9))

EFFECTS = {
    "entries": Effect(
        "The SDK iterates over these entries. The suite counts and compares them.",
        concerns=("SCHEMA-04", "PAGE-02", "PAGE-03", "TWIN-01"),
    ),
    "key": Effect(
        "Identifies an entry in messages, in the search for duplicates and losses, and in the mirror's file names.",
        concerns=("PAGE-02", "PAGE-03", "IMAGE-06"),
    ),
    "cursor": Effect("The SDK follows cursors in `iter_pages`; the suite follows them in traversals."),
    "cursor.parameter": Effect(
        "The SDK sends it as the position. The suite sends the cursors that the feed returns, and values that are not cursors.",
        concerns=("PARAM-08", "PARAM-07", "HTTP-10"),
    ),
    "cursor.member": Effect(
        "The SDK reads the next position here (`resume_token`).",
        concerns=("PAGE-01", "SCHEMA-06", "PAGE-07"),
    ),
    "cursor.order": Effect(
        "With `numeric`, later cursors are greater numbers: the suite searches for the end of a large feed, samples its "
        "middle, and sends cursors beyond the last. With `opaque` it only follows them. PARAM-07 also applies to an `opaque` "
        "cursor whose parameter is an integer.",
        switches=("PAGE-08", "PARAM-07"),
        concerns=("PAGE-07", "SCHEMA-06"),
    ),
    "cursor.start": Effect(
        "The suite compares each of these values with a request without a cursor.",
        switches=("PARAM-09", "PAGE-11"),
        concerns=("SCHEMA-06", "PAGE-07"),
    ),
    "limit": Effect("The bounds come from the parameter's schema: minimum, maximum and default."),
    "limit.parameter": Effect(
        "The SDK checks the argument against the bounds before it sends a request. The suite draws page sizes from them.",
        concerns=("PARAM-01", "PARAM-02", "PARAM-03", "PARAM-04", "PARAM-10"),
    ),
    "limit.member": Effect("The suite compares it with the number of entries.", switches=("SCHEMA-04",)),
    "limit.lowered": Effect(
        "With `true`, a page with a warning counts as an answer to a page size over the maximum. It needs `outcome.warnings`.",
        concerns=("PARAM-04",),
    ),
    "remaining": Effect(
        "The SDK detects a feed without progress (`PaginationStalled`) by it too. The suite learns the feed's size from it.",
        switches=("SCHEMA-05", "PAGE-05", "PAGE-06"),
        concerns=("PARAM-10", "PAGE-07"),
    ),
    "outcome": Effect("The SDK raises `ReturnCodeError` for an error result."),
    "outcome.code": Effect("Separates pages from error results.", concerns=("HTTP-01", "SCHEMA-03", "SCHEMA-08", "TWIN-04")),
    "outcome.success": Effect(
        "The generated JSON Schema requires the members of `success` with this code only.", concerns=("HTTP-01", "SCHEMA-03")
    ),
    "outcome.message": Effect("The SDK shows it in `ReturnCodeError`.", concerns=("TWIN-04",)),
    "outcome.warnings": Effect(
        "The SDK warns with `ResultWarning`, or raises `WarningError` when told to.", concerns=("PARAM-04", "TWIN-04")
    ),
    "version": Effect("The suite compares it over all responses.", switches=("SCHEMA-07",)),
    "session": Effect(
        "The SDK's client takes a session and shows it nowhere. `--session` of `certify` sends it.",
        switches=("PAGE-09",),
        concerns=("HTTP-10", "PARAM-05", "PARAM-06"),
    ),
    "modes": Effect(
        "The SDK gets the function `mirror` and its command. Without modes the suite compares JSON and XML under TWIN-01 only.",
        switches=("TWIN-02", *_IMAGES),
        concerns=("TWIN-01", "HTTP-10"),
    ),
    "modes.parameter": Effect("The SDK sends the value of the mode with it.", concerns=("HTTP-10", "PARAM-05", "PARAM-06")),
    "modes.unknown": Effect(
        "With `ignored`, the suite sends unknown and empty values and expects the default mode, and sends texts of any "
        "characters as the parameter's value.",
        concerns=("IMAGE-04", "TWIN-04", "PARAM-05"),
    ),
    "modes.choices": Effect("The suite requests every entry in every mode while its budgets allow.", concerns=("IMAGE-04",)),
    "modes.choices[].name": Effect("The name in reports (`coverage`) and for the SDK's mirror (`--mode`)."),
    "modes.choices[].value": Effect("The value that is sent. The mode without one is the default.", concerns=("IMAGE-04",)),
    "modes.choices[].items": Effect(
        "The place of the mode's items within an entry.", concerns=("IMAGE-04", "IMAGE-05", "IMAGE-06")
    ),
    "modes.choices[].content": Effect(
        "Base64 text makes a mode with binary content, which IMAGE-01 and IMAGE-02 need; a URI makes a mode with links, which "
        "IMAGE-03 needs. The first mode with links is the light mode.",
        switches=("IMAGE-01", "IMAGE-02", "IMAGE-03"),
    ),
    "modes.position": Effect("The mirror puts it into file names.", switches=("IMAGE-07",), concerns=("IMAGE-06",)),
    "modes.filename": Effect("The mirror puts it into file names.", switches=("IMAGE-08",), concerns=("IMAGE-06",)),
    "representations": Effect(
        "Both are required. The first media type of each that is not relabelled is the one that is usually sent.",
        concerns=("HTTP-02", "HTTP-03", "HTTP-04", "HTTP-05"),
    ),
    "representations.json": Effect(
        "TWIN-05 needs a representation with more than one media type.", switches=("TWIN-05",), concerns=("HTTP-02",)
    ),
    "representations.xml": Effect(
        "TWIN-05 needs a representation with more than one media type.", switches=("TWIN-05",), concerns=("HTTP-02",)
    ),
    "representations.relabelled": Effect(
        "HTTP-02 accepts every documented media type of the representation; HTTP-03 remarks on a body that is declared as a "
        "relabelled one.",
        concerns=("HTTP-03",),
    ),
    "success": Effect(
        "The generated JSON Schema and the SDK require these members of a success. An empty page may lack the entries and the "
        "cursor.",
        concerns=("SCHEMA-01", "SCHEMA-02"),
    ),
    "refusals": Effect("The suite accepts a 4xx other than 429 and an error result without entries as rejections in any case."),
    "refusals.status": Effect(
        "Documents the status. `validate` requires that the operation describes it.",
        concerns=("PARAM-04", "PARAM-06", "PARAM-07"),
    ),
    "refusals.envelope": Effect(
        "With `true`, the reference server offers faults and variants that reject with an error result.",
        concerns=("SCHEMA-08",),
    ),
}
"""The effect of every key of ``x-feed``, by path; ``[]`` stands for the elements of a list."""
