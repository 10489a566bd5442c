"""JSON schemas of the `format` field: checked, and worded so that the sampler enforces what Ollama's would.

The sampler (llguidance) lets an answer run free, without a word, under a schema it cannot read, and allows
properties that the schema does not name. Ollama's ignores keywords it does not know and closes every object.
"""

from collections.abc import Mapping
from typing import Any

from dev.ollama.errors import OllamaError

TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
PLAIN = (
    *("const", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minItems", "maxItems", "multipleOf"),
)
DEFINITIONS = ("$defs", "definitions")
# One space after a comma and a colon and none elsewhere: a small model can otherwise write white space for ever.
LAYOUT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}

Schema = dict[str, Any]


def enforceable(schema: Mapping[str, Any]) -> Schema:
    """`schema` as the sampler shall get it; 400 where it is not a schema."""
    definitions = {name: schema[name] for name in DEFINITIONS if isinstance(schema.get(name), dict)}
    known = {f"#/{name}/{key}" for name, group in definitions.items() for key in group}
    result = closed(schema, known)
    for name, group in definitions.items():
        result[name] = {key: closed(value, known) for key, value in group.items()}
    return result | {"x-guidance": LAYOUT}


def closed(schema: object, known: set[str]) -> Schema:
    """One level: known keywords only, every object closed unless it says otherwise. `known` are valid references."""
    if schema is True:
        return {}
    if not isinstance(schema, Mapping):
        raise bad(f"expected an object, found {schema!r}")
    result: Schema = {name: schema[name] for name in PLAIN if name in schema}
    result |= reference(schema, known) | named_types(schema) | choices(schema, known) | arrays(schema, known)
    return result | objects(schema, known)


def reference(schema: Mapping[str, Any], known: set[str]) -> Schema:
    """`$ref` into this document."""
    target = schema.get("$ref")
    if target is None:
        return {}
    if target != "#" and target not in known:
        raise bad(f"unresolved reference {target!r}")
    return {"$ref": target}


def named_types(schema: Mapping[str, Any]) -> Schema:
    """`type` and `enum`."""
    result: Schema = {}
    kind = schema.get("type")
    for name in kind if isinstance(kind, list) else [kind]:
        if name is not None and (not isinstance(name, str) or name not in TYPES):
            raise bad(f"unrecognized type {name!r}")
    if kind is not None:
        result["type"] = kind
    if "enum" in schema:
        if not isinstance(schema["enum"], list) or not schema["enum"]:
            raise bad("enum must be a list of values")
        result["enum"] = schema["enum"]
    return result


def choices(schema: Mapping[str, Any], known: set[str]) -> Schema:
    """`anyOf`, `allOf`, and `oneOf` read as `anyOf`, which is what a grammar can do."""
    result: Schema = {}
    for name in ("anyOf", "oneOf", "allOf"):
        if name not in schema:
            continue
        if not isinstance(schema[name], list) or not schema[name]:
            raise bad(f"{name} must be a list of schemas")
        result["anyOf" if name == "oneOf" else name] = [closed(item, known) for item in schema[name]]
    return result


def arrays(schema: Mapping[str, Any], known: set[str]) -> Schema:
    """`items` and `prefixItems`."""
    result: Schema = {}
    if "items" in schema:
        result["items"] = False if schema["items"] is False else closed(schema["items"], known)
    if "prefixItems" in schema:
        if not isinstance(schema["prefixItems"], list):
            raise bad("prefixItems must be a list of schemas")
        result["prefixItems"] = [closed(item, known) for item in schema["prefixItems"]]
    return result


def objects(schema: Mapping[str, Any], known: set[str]) -> Schema:
    """`properties`, `required` and `additionalProperties`."""
    result: Schema = {}
    required = schema.get("required")
    if required is not None:
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise bad("required must be a list of names")
        result["required"] = required
    if "properties" in schema:
        if not isinstance(schema["properties"], Mapping):
            raise bad("properties must be an object")
        result["properties"] = {name: closed(value, known) for name, value in schema["properties"].items()}
        result["additionalProperties"] = False
    extra = schema.get("additionalProperties")
    if extra is not None:
        result["additionalProperties"] = extra if isinstance(extra, bool) else closed(extra, known)
    return result


def bad(why: str) -> OllamaError:
    """Ollama's status for a schema it cannot read."""
    return OllamaError(400, f"invalid JSON schema in format: {why}")
