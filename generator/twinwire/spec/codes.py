"""The codes of spec problems: the one list that checks, documents and tests derive from."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """A problem's code; ``description`` says in one line what it stands for."""

    description: str

    def __new__(cls, value: str, description: str) -> Code:
        """Make a member from its code and description."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    # Reading the file.
    UNREADABLE = "unreadable", "the file cannot be opened or read"
    TOO_LARGE = "too-large", "the file is larger than what is read"
    TOO_DEEP = "too-deep", "values are nested deeper than what is read"
    ENCODING = "encoding", "the file is not UTF-8"
    EMPTY = "empty", "the file holds nothing"
    NOT_A_SPEC = "not-a-spec", "the file holds YAML or JSON, but no OpenAPI document"
    YAML_SYNTAX = "yaml-syntax", "the file is not well-formed YAML"
    YAML_DOCUMENTS = "yaml-documents", "the file holds more than one YAML document"
    YAML_ALIAS = "yaml-alias", "a YAML alias is used"
    YAML_TAG = "yaml-tag", "a YAML tag is used"
    YAML_KEY = "yaml-key", "a mapping's key is not plain text"
    DUPLICATE_KEY = "duplicate-key", "a mapping has one key twice"
    NUMBER = "number", "a number is too long or too large to be read exactly"
    CHARACTER = "character", "a text holds a lone surrogate, or a name a control character, quotation mark or backslash"

    # OpenAPI and x-feed, against their JSON Schemas.
    OPENAPI_VERSION = "openapi-version", "the document is not of OpenAPI 3.1"
    UNKNOWN_FIELD = "unknown-field", "a field is not one that may stand here"
    MISSING_FIELD = "missing-field", "a field that must stand here is missing"
    WRONG_TYPE = "wrong-type", "a value is of another type than the field takes"
    UNKNOWN_VALUE = "unknown-value", "a value is not one of those that the field takes"
    BAD_FORMAT = "bad-format", "a text is not written as the field or key requires"
    BAD_SIZE = "bad-size", "a list, text or number is smaller or larger than the field takes"
    DUPLICATE_VALUE = "duplicate-value", "a list holds one value twice"
    CONFLICT = "conflict", "fields stand together that exclude each other"

    # References.
    REMOTE_REF = "remote-ref", "a $ref leads out of the file"
    UNSUPPORTED_REF = "unsupported-ref", "a $ref leads to something that is no component, or stands where none is followed"
    REF_KIND = "ref-kind", "a $ref leads to a component of another kind than is needed"
    DANGLING_REF = "dangling-ref", "a $ref leads to a component that does not exist"
    CYCLIC_REF = "cyclic-ref", "a chain of $ref comes back to where it began"
    EXTERNAL_VALUE = "external-value", "an example's file is no plain relative file name"

    # The operation.
    NO_FEED = "no-feed", "no GET operation has an x-feed"
    SEVERAL_FEEDS = "several-feeds", "more than one operation has an x-feed"
    MISPLACED_FEED = "misplaced-feed", "an x-feed stands elsewhere than on a GET operation"
    PATH = "path", "the operation's path has parameters, or cannot be appended to a base URL"
    UNSUPPORTED_PARAMETER = "unsupported-parameter", "a parameter is sent otherwise than as one query value"
    BAD_EXAMPLE = "bad-example", "an example of a required parameter, which would be sent, is no value of its schema"
    DUPLICATE_PARAMETER = "duplicate-parameter", "two parameters of the operation have one name"
    NO_ANSWER = "no-answer", "the operation describes no 200 answer with content"
    ANSWER_SCHEMA = "answer-schema", "the media types of the 200 answer do not all refer to one component schema"

    # Schemas: the subset that both representations can carry.
    MISSING_TYPE = "missing-type", "a schema has no type"
    UNSUPPORTED_TYPE = "unsupported-type", "a type, or a combination of types, is not supported here"
    UNSUPPORTED_KEYWORD = "unsupported-keyword", "a schema keyword is not supported, or means nothing for this type"
    UNSUPPORTED_FORMAT = "unsupported-format", "a format or encoding is not supported"
    UNSUPPORTED_COMPOSITION = "unsupported-composition", "oneOf or anyOf says more than that a value may be null"
    UNSUPPORTED_FRACTION = "unsupported-fraction", "a bound or default has a fraction"
    UNSUPPORTED_XML = "unsupported-xml", "a field of the xml object is not supported here"
    ARRAY_ITEMS = "array-items", "an array does not say what its items are"
    INLINE_OBJECT = "inline-object", "an object is described in place instead of as a component"
    EMPTY_MODEL = "empty-model", "an object has no members"
    RECURSIVE_MODEL = "recursive-model", "a model holds itself, directly or through others"
    UNKNOWN_REQUIRED = "unknown-required", "required names a member that does not exist"
    EMPTY_RANGE = "empty-range", "a lower bound lies above its upper bound"
    INT64_RANGE = "int64-range", "a bound of an integer is no signed 64-bit integer"
    BAD_PATTERN = "bad-pattern", "a pattern is not one of ECMA-262, in whose dialect JSON Schema has its patterns"
    UNSUPPORTED_PATTERN = "unsupported-pattern", "a pattern of ECMA-262 uses what is not supported here"
    BAD_DEFAULT = "bad-default", "a default is no value of its schema"
    BAD_ENUM = "bad-enum", "an enum is empty, or holds what is no value of its type"
    XML_ATTRIBUTE = "xml-attribute", "an XML attribute is to hold an object or an array"
    XML_WRAPPED = "xml-wrapped", "something that is no array is to be wrapped"
    XML_NAME = "xml-name", "a name is no XML name without a colon"
    XML_NAME_CLASH = "xml-name-clash", "two members of a model have one XML name"
    XML_NAME_MISSING = "xml-name-missing", "the model of the result or of an entry has no XML name"
    XML_NAME_MISMATCH = "xml-name-mismatch", "an element's XML name is said twice, and differently"

    # The feed.
    UNKNOWN_PARAMETER = "unknown-parameter", "x-feed names a parameter that the operation does not have"
    UNKNOWN_MEMBER = "unknown-member", "x-feed names a member that the model does not have"
    FEED_TYPE = "feed-type", "what x-feed names is of another type than its role needs"
    ROLE_CLASH = "role-clash", "one parameter or member has two roles"
    REQUIRED_PARAMETER = "required-parameter", "a parameter is required that the feed must be able to leave out"
    LIMIT_BOUNDS = "limit-bounds", "the limit lacks a minimum, maximum or default, or allows lots of nothing"
    BAD_VALUE = "bad-value", "x-feed lists a value that the parameter does not take"
    DEFAULT_MODE = "default-mode", "not exactly one mode is asked for by leaving the parameter out"
    DUPLICATE_MODE = "duplicate-mode", "two modes have one name, value or content"
    MEDIA_TYPE = "media-type", "a media type stands in no representation, in both, or is not one of the 200 answer"
    RELABELLED = "relabelled", "a format has no label left, or a relabelled media type is in no format"
    STATUS = "status", "refusals name a status that the operation does not describe"
    DUPLICATE_ERRATUM = "duplicate-erratum", "two errata have one id"

    # Warnings, which change no exit code.
    IGNORED_KEYWORD = "ignored-keyword", "a keyword, path or component changes nothing here"
    NO_EXAMPLE = "no-example", "a required parameter has no example, so that a server cannot be certified"

    # Identifiers.
    NO_IDENTIFIER = "no-identifier", "a name gives no identifier"
    RESERVED_NAME = "reserved-name", "a name gives an identifier that is taken"
