"""The OpenAPI document at `/docs/openapi.json`: what Litestar cannot read off the routes."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin  # the public one is only its base
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Schema
from litestar.typing import FieldDefinition

from embedder import __version__
from embedder.errors import PROBLEM_JSON, Problem

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator


class StrictStructs(StructSchemaPlugin):
    """A struct that refuses unknown fields says so: ``additionalProperties: false``."""

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: "SchemaCreator") -> Schema:
        """The schema of a msgspec struct."""
        schema = super().to_openapi_schema(field_definition, schema_creator)
        if field_definition.annotation.__struct_config__.forbid_unknown_fields:
            schema.additional_properties = False
        return schema


def openapi() -> OpenAPIConfig:
    """Of this service."""
    return OpenAPIConfig(
        title="HOMEPOT AI embedder",
        version=__version__,
        description="Texts become vectors: OpenAI's and text-embeddings-inference's shapes over one model.",
        path="/docs",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    )


def answers(success: Any, *failures: int) -> dict[int, ResponseSpec]:
    """What a route answers: the shape of a 200, and the problems it may give."""
    problems = {
        status: ResponseSpec(
            Problem, description=HTTPStatus(status).phrase, media_type=PROBLEM_JSON, generate_examples=False
        )
        for status in failures
    }
    return {200: ResponseSpec(success, description="The answer", generate_examples=False), **problems}
