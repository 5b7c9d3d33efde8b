"""The codes of spec problems: the single list from which checks, documents and tests derive."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """The code of a problem, with a one-line ``description`` of its meaning."""

    description: str

    def __new__(cls, value: str, description: str) -> Code:
        """Create a member from its code and description."""
        # A member of a StrEnum is a str, so the description has to be attached after its creation.
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    # Decoding the file.
    UNREADABLE = "unreadable", "the file cannot be opened or read"
    TOO_LARGE = "too-large", "the file is larger than the limit"
    TOO_DEEP = "too-deep", "values or models are nested deeper than the limit"
    ENCODING = "encoding", "the file is not UTF-8"
    EMPTY = "empty", "the file is empty"
    NOT_A_SPEC = "not-a-spec", "the file contains YAML or JSON, but not an OpenAPI document"
    YAML_SYNTAX = "yaml-syntax", "the file is not well-formed YAML"
    YAML_DOCUMENTS = "yaml-documents", "the file contains more than one YAML document"
    YAML_ALIAS = "yaml-alias", "a YAML alias is used"
    YAML_TAG = "yaml-tag", "a YAML tag is used"
    YAML_KEY = "yaml-key", "a mapping's key is not plain text"
    DUPLICATE_KEY = "duplicate-key", "a mapping has the same key twice"
    NUMBER = "number", "a number is too long or too large to be represented exactly"
    CHARACTER = (
        "character",
        "a text contains a lone surrogate, or a name contains a control character, quotation mark or backslash",
    )

    # OpenAPI and x-feed, against their JSON Schemas.
    OPENAPI_VERSION = "openapi-version", "the document does not declare OpenAPI 3.1"
    UNKNOWN_FIELD = "unknown-field", "a field is not allowed here"
    MISSING_FIELD = "missing-field", "a required field is missing"
    WRONG_TYPE = "wrong-type", "a value has another type than the field requires"
    UNKNOWN_VALUE = "unknown-value", "a value is not one of those that the field allows"
    BAD_FORMAT = "bad-format", "a text does not have the form that the field or key requires"
    BAD_SIZE = "bad-size", "a list, text or number is smaller or larger than the field allows"
    DUPLICATE_VALUE = "duplicate-value", "a list contains the same value twice"
    CONFLICT = "conflict", "two fields exclude each other, or the document violates its JSON Schema in another way"

    # References.
    REMOTE_REF = "remote-ref", "a $ref leads to another file or a URL"
    UNSUPPORTED_REF = "unsupported-ref", "a $ref does not lead to a component, or is used where references are not supported"
    REF_KIND = "ref-kind", "a $ref leads to a component of another kind than its place requires"
    DANGLING_REF = "dangling-ref", "a $ref leads to a component that does not exist"
    CYCLIC_REF = "cyclic-ref", "a chain of $ref leads back to its start"
    EXTERNAL_VALUE = "external-value", "the file of an example is not a relative file name"

    # The operation.
    NO_FEED = "no-feed", "no GET operation has an x-feed"
    SEVERAL_FEEDS = "several-feeds", "more than one operation has an x-feed"
    MISPLACED_FEED = "misplaced-feed", "an x-feed is not on a GET operation"
    PATH = "path", "the operation's path has parameters, or cannot be appended to a base URL"
    UNSUPPORTED_PARAMETER = "unsupported-parameter", "a parameter is not sent as a single query value"
    BAD_EXAMPLE = "bad-example", "an example of a required parameter, which would be sent, violates its schema"
    DUPLICATE_PARAMETER = "duplicate-parameter", "two parameters of the operation have the same name"
    NO_ANSWER = "no-answer", "the operation has no 200 response with content"
    ANSWER_SCHEMA = "answer-schema", "the media types of the 200 response do not all refer to one component schema"

    # Schemas: the subset that both representations can carry.
    MISSING_TYPE = "missing-type", "a schema has no type"
    UNSUPPORTED_TYPE = "unsupported-type", "a type, or a combination of types, is not supported here"
    UNSUPPORTED_KEYWORD = "unsupported-keyword", "a schema keyword is not supported, or has no meaning for this type"
    UNSUPPORTED_FORMAT = "unsupported-format", "a format or encoding is not supported"
    UNSUPPORTED_COMPOSITION = "unsupported-composition", "oneOf or anyOf does more than make a value nullable"
    UNSUPPORTED_FRACTION = "unsupported-fraction", "a bound or default has a fraction"
    UNSUPPORTED_XML = "unsupported-xml", "a field of the xml object is not supported here"
    ARRAY_ITEMS = "array-items", "an array has no items"
    INLINE_OBJECT = "inline-object", "an object is defined inline instead of as a component"
    EMPTY_MODEL = "empty-model", "an object has no members"
    RECURSIVE_MODEL = "recursive-model", "a model contains itself, directly or through others"
    UNKNOWN_REQUIRED = "unknown-required", "required names a member that does not exist"
    EMPTY_RANGE = "empty-range", "a lower bound is greater than its upper bound"
    INT64_RANGE = "int64-range", "a bound of an integer is not a signed 64-bit integer"
    BAD_PATTERN = "bad-pattern", "a pattern is not a regular expression of ECMA-262, the dialect of JSON Schema"
    UNSUPPORTED_PATTERN = "unsupported-pattern", "a pattern uses a construct of ECMA-262 that is not supported"
    BAD_DEFAULT = "bad-default", "a default violates its schema"
    BAD_ENUM = "bad-enum", "an enum is empty, or an enum or constant has a value that violates its schema"
    XML_ATTRIBUTE = "xml-attribute", "an object or an array cannot be an XML attribute"
    XML_WRAPPED = "xml-wrapped", "wrapped is only allowed for an array"
    XML_NAME = "xml-name", "a name is not an XML name without a colon"
    XML_NAME_CLASH = "xml-name-clash", "two members of a model have the same XML name"
    XML_NAME_MISSING = "xml-name-missing", "the model of the result or of an entry has no XML name"
    XML_NAME_MISMATCH = "xml-name-mismatch", "two different XML names are stated for one element"

    # The feed.
    UNKNOWN_PARAMETER = "unknown-parameter", "x-feed names a parameter that the operation does not have"
    UNKNOWN_MEMBER = "unknown-member", "x-feed names a member that the model does not have"
    FEED_TYPE = "feed-type", "a parameter or member that x-feed names has another type than its role requires"
    ROLE_CLASH = "role-clash", "a parameter or member has two roles"
    REQUIRED_PARAMETER = "required-parameter", "a parameter is required, but its role needs an optional one"
    LIMIT_BOUNDS = "limit-bounds", "the page size has no minimum, maximum or default, or allows pages without entries"
    BAD_VALUE = "bad-value", "x-feed lists a value that the parameter does not allow"
    DEFAULT_MODE = "default-mode", "not exactly one mode is the default, which has no value"
    DUPLICATE_MODE = "duplicate-mode", "two modes have the same name, value or content"
    MEDIA_TYPE = "media-type", "a media type belongs to no representation, to both, or not to the 200 response"
    RELABELLED = (
        "relabelled",
        "a representation has no Content-Type left, or a relabelled media type belongs to no representation",
    )
    STATUS = "status", "refusals name a status for which the operation has no response"
    DUPLICATE_ERRATUM = "duplicate-erratum", "two errata have the same id"

    # Warnings, which do not change the exit code.
    IGNORED_KEYWORD = "ignored-keyword", "a keyword, path, response or component has no effect"
    NO_EXAMPLE = "no-example", "a required parameter has no example, so that a server cannot be certified"

    # Identifiers.
    NO_IDENTIFIER = "no-identifier", "a name cannot be converted to an identifier"
    RESERVED_NAME = "reserved-name", "a name becomes an identifier that is reserved"
