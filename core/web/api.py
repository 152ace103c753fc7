"""JSON views on plain blueprints, described as OpenAPI 3.1 out of the same declarations."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema

from core.errors import InvalidInput
from core.i18n import N_
from core.web.access import public, requires
from core.web.forms import sentence

bp = Blueprint("core_api", __name__)
VERSION = "1.0.0"


class NotJson(InvalidInput):
    """The body is no JSON object."""

    code = "core.not_json"
    message = N_("Expected a JSON object as the body.")

    def __init__(self) -> None:
        super().__init__({})


class ErrorDetail(BaseModel):
    """What was refused and why."""

    code: str
    message: str
    fields: dict[str, str]


class ErrorAnswer(BaseModel):
    """Every refusal of the API."""

    error: ErrorDetail


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One JSON view, as declared."""

    method: str
    permission: str
    summary: str
    body: type[BaseModel] | None
    answer: type[BaseModel] | None
    parameters: tuple[str, ...]
    refusals: tuple[int, ...]


def read_body(model: type[BaseModel]) -> Any:
    """Return the JSON body as a `model`. Raises InvalidInput, NotJson."""
    raw = request.get_data(cache=True)
    try:
        given = json.loads(raw)
    except ValueError as wrong:
        raise NotJson from wrong
    if not isinstance(given, dict):
        raise NotJson
    try:
        return model.model_validate_json(raw)
    except ValidationError as wrong:
        fields = {
            ".".join(map(str, fault["loc"])) or "body": sentence(
                fault["type"], fault.get("ctx") or {}, fault["input"]
            )
            for fault in wrong.errors(include_url=False)
        }
        raise InvalidInput(fields) from wrong


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    permission: str,
    summary: str,
    body: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    parameters: tuple[str, ...] = (),
    refusals: tuple[int, ...] = (400, 401, 403),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a JSON view; `parameters` are names of the query string.

    The view gets the parsed body as its first argument and returns a model (or a ready answer).
    """

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        def call(**kwargs: Any) -> ResponseReturnValue:
            given = (read_body(body),) if body is not None else ()
            result = view(*given, **kwargs)
            if isinstance(result, BaseModel):
                return jsonify(result.model_dump(mode="json"))
            answered: ResponseReturnValue = result
            return answered

        call.__name__, call.__doc__ = view.__name__, view.__doc__
        guarded = requires(permission)(call)
        guarded.described = Endpoint(  # type: ignore[attr-defined]
            method, permission, summary, body, answer, parameters, refusals
        )
        blueprint.add_url_rule(path, view.__name__, guarded, methods=[method])
        return view

    return wrap


@bp.get("/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    """Describe the JSON API."""
    return jsonify(describe(current_app))


def describe(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of every declared JSON view."""
    found = [
        (rule, getattr(app.view_functions[rule.endpoint], "described", None))
        for rule in app.url_map.iter_rules()
    ]
    declared = sorted(((r, d) for r, d in found if d), key=lambda pair: (pair[0].rule, pair[1].method))
    models = {m for _, d in declared for m in (d.body, d.answer) if m is not None} | {ErrorAnswer}
    ordered = sorted(models, key=lambda m: m.__name__)
    _, schemas = models_json_schema(
        [(m, "validation") for m in ordered], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, Any] = {}
    for rule, described in declared:
        where = rule.rule.replace("<int:", "{").replace("<", "{").replace(">", "}")
        paths.setdefault(where, {})[described.method.lower()] = _operation(rule, described)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mortise", "version": VERSION, "license": {"name": "see the repository"}},
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


def _operation(rule: Any, described: Endpoint) -> dict[str, Any]:
    answers: dict[str, Any] = {
        str(status): {"description": "Refused", "content": _content(ErrorAnswer)}
        for status in described.refusals
    }
    answers["200"] = {"description": "Done"}
    if described.answer is not None:
        answers["200"]["content"] = _content(described.answer)
    operation: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": described.summary,
        "responses": answers,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in sorted(rule.arguments)
        ]
        + [
            {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
            for name in described.parameters
        ],
    }
    if described.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(described.body)}
    return operation


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
