"""What all operations share: the prefix, JSON as the command line writes it, the OpenAPI parts."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from retour import rendering
from retour.rendering.json import SCHEMA, JsonObject, to_line

PREFIX = "/api/v1"
JSON = "application/json"
NDJSON = "application/x-ndjson"
_CONTRACT = Path(rendering.__file__).with_name("retour-1.schema.json")
_DEFINITIONS = "#/$defs/"
_COMPONENTS = "#/components/schemas/"
_SECURITY = "token"
_ERROR = {
    "type": "object",
    "required": ["schema", "error"],
    "properties": {"schema": {"const": SCHEMA}, "error": {"type": "string"}},
}
_STATUSES = {
    400: "The request is damaged.",
    401: "It needs a valid token.",
    403: "The token lacks the scope, or a browser sent this from another site.",
    404: "There is no such thing.",
    405: "There is no such operation.",
    413: "It is too large.",
    415: "The body is of a kind that is not known here.",
    421: "The server has another name.",
    422: "A value makes no sense.",
    429: "There were too many requests; Retry-After says when to come back.",
    500: "A defect of Retour.",
    503: "The trail is out of reach right now; Retry-After says when to come back.",
}


def answer_json(value: JsonObject, status: int = 200) -> Response:
    """Answer with one object, exactly as the command line prints it."""
    return Response(to_line(value) + "\n", status, media_type=JSON)


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of the errors of an operation; some may come to every one."""
    always = (401, 403, 421, 429, 500)
    content = {JSON: {"schema": {"$ref": f"{_COMPONENTS}Error"}}}
    return {
        status: {"description": _STATUSES[status], "content": content}
        for status in sorted({*always, *statuses})
    }


def said(description: str, schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    """Return what OpenAPI says of an answer in JSON."""
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {JSON: content}}


def component(name: str) -> dict[str, Any]:
    """Return a reference to a schema."""
    return {"$ref": _COMPONENTS + name}


def install_openapi(app: FastAPI) -> None:
    """Let the application describe itself with the contract's own schemas."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            components = described.setdefault("components", {})
            components["schemas"] = dict(_list_schemas())
            components["securitySchemes"] = {_SECURITY: {"type": "http", "scheme": "bearer"}}
            described["security"] = [{}, {_SECURITY: []}]
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


@lru_cache(maxsize=1)
def _list_schemas() -> dict[str, Any]:
    """Return the contract's definitions as components, and what only the API has."""
    text = _CONTRACT.read_text(encoding="utf-8").replace(_DEFINITIONS, _COMPONENTS)
    contract = json.loads(text)
    answer = {key: value for key, value in contract.items() if key in ("description", "oneOf")}
    return {**contract["$defs"], "Answer": answer, "Error": _ERROR}
