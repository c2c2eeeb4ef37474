"""What the OpenAPI description says of every endpoint besides what REST framework knows of it."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema

from claims.api.errors import MEDIA_TYPE, Problem
from claims.api.etags import Conditional
from claims.api.shaping import ALWAYS, Expansion, Shaped, parameters
from claims.api.writing import HEADER, KEY, REPLAYED, Writing

FAILURES = {
    "400": "A parameter or field is unknown or wrong; `errors` names it.",
    "401": "Not signed in: send `Authorization: Token …`.",
    "403": "Signed in, but not allowed to see this.",
    "404": "There is no such row.",
    "429": "More than a limit lets through; `Retry-After` says when there is room again.",
}
CONFLICT = "Not as things stand; `code` says why."
UUIDS = ("uid", "delivery")
MOST_UIDS = 200
# What everything that can be pulled takes and says besides.
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of an answer that you have: the answer is 304, without a body, while it is still right.",
    "schema": {"type": "string"},
}
ETAG = {
    "description": "Names what was answered: send it as If-None-Match to ask whether it has changed.",
    "schema": {"type": "string"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of the answer in which you saw what you change, or `*` for any: if it is no longer right, "
    "nothing is done and the answer is 412.",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A name of your choice for this request, best a random UUID: sent again under it, it is answered as "
    "it was the first time, and not done again.",
    "schema": {"type": "string", "pattern": KEY},
}
IS_REPLAYED = {
    "description": "`true` where this is the first answer under its Idempotency-Key, given again.",
    "schema": {"type": "string", "enum": ["true"]},
}
MATCHING = {
    "412": "It has changed since you saw it; `changes` tells how. GET it again and decide anew.",
    "428": "Say which version you mean: send If-Match.",
}
REUSED = "The Idempotency-Key named another request."

# What every answer says of the limit that it was counted under, where there is one.
LIMITS = {
    "RateLimit-Policy": {
        "description": "The limit that counts this request: its name, how much it lets through (q) in how long (w).",
        "schema": {"type": "string", "examples": ['"read";q=1200;w=60']},
    },
    "RateLimit": {
        "description": "What is left of it (r), and in how many seconds all of it is there again (t).",
        "schema": {"type": "string", "examples": ['"read";r=1199;t=60']},
    },
}
REQUEST_ID = {
    "X-Request-ID": {
        "description": "Names this request in the server's logs: yours, where you sent one of 8 to 128 letters, "
        "digits, dots, hyphens or underscores. Problem details have it as `request_id`.",
        "schema": {"type": "string"},
    },
}
RETRY_AFTER = {"description": "Seconds.", "required": True, "schema": {"type": "integer", "minimum": 1}}


def without_last_slash(endpoints: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Addresses as the API itself writes them: a slash at their end is understood but never needed."""
    return [(path.rstrip("/"), *rest) for path, *rest in endpoints]


def rows_as_asked(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """What rows have when callers ask for more or less: any field may be left out, and ``expanded`` be there."""
    components = result.get("components", {}).get("schemas", {})
    for view in (getattr(callback, "cls", None) for *_path, callback in generator.endpoints):
        if not (isinstance(view, type) and issubclass(view, Shaped)):
            continue
        for serializer in (view.serializer_class, getattr(view, "detail_serializer_class", None)):
            component = components.get(_component(serializer)) if serializer else None
            if component is not None:
                component["required"] = [name for name in component["properties"] if name == ALWAYS]
                if not component["required"]:
                    del component["required"]
                if view.expansions:
                    component["properties"]["expanded"] = _expanded(view.expansions)
    for name, component in components.items():
        # Whatever is said of a moment may also fit the description of the present, of which any field may be left out.
        if name.endswith("NowOrThen") and "oneOf" in component:
            component["anyOf"] = component.pop("oneOf")
    return result


def as_parameters_are_taken(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What the API takes of any parameter, and REST framework's fields do not tell: ids are UUIDs, nothing is empty."""
    for operations in result["paths"].values():
        for parameter in (one for operation in operations.values() for one in operation.get("parameters", [])):
            kind = parameter["schema"]
            if parameter["in"] == "path" and parameter["name"] in UUIDS:
                parameter["schema"] = {"type": "string", "format": "uuid"}
            elif parameter["in"] == "query" and parameter["name"] == "uid":
                ids = {"type": "array", "items": {"type": "string", "format": "uuid"}}
                parameter["schema"] = {**ids, "minItems": 1, "maxItems": MOST_UIDS}
            elif parameter["in"] == "query" and kind.get("type") == "string" and not {"enum", "format"} & set(kind):
                kind.setdefault("minLength", 1)
            elif all(isinstance(value, int) for value in kind.get("items", {}).get("enum", [""])):
                kind["items"]["type"] = "integer"  # REST framework knows the values of a choice, not their type
    return result


def _component(serializer: type) -> str:
    return serializer.__name__.removesuffix("Serializer")


def _expanded(expansions: Mapping[str, Expansion]) -> dict[str, Any]:
    """What ``expanded`` holds: only what was asked for."""
    properties: dict[str, Any] = {}
    for name, one in expansions.items():
        reference = {"$ref": f"#/components/schemas/{_component(one.serializer)}"}
        held = {"type": "array", "items": reference} if one.many else {"oneOf": [reference, {"type": "null"}]}
        properties[name] = {**held, "description": one.help_text}
    return {"type": "object", "properties": properties, "description": "What was asked for with `expand`."}


class ProblemSchema(AutoSchema):
    """Adds to each operation the problem details that it may answer with."""

    def get_override_parameters(self) -> list[Any]:
        """With how much of each row is shown."""
        given: list[Any] = super().get_override_parameters()
        if isinstance(self.view, Shaped) and getattr(self.view, "action", "") in ("list", "retrieve"):
            given = [*given, *parameters(self.view)]
        return given

    def get_operation_id(self) -> str:
        """What it is called in generated clients; an action by its own name, since that is a verb already."""
        name: str = super().get_operation_id()
        acts = getattr(self.view, "action", "create") not in ("create", "post")
        return name.removesuffix("_create") if self.method == "POST" and acts else name

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """The operation with its failures."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        problem = self.resolve_serializer(Problem(), "response").ref
        failures = dict(FAILURES) if "{" in self.path else {s: said for s, said in FAILURES.items() if s != "404"}
        if self.method == "GET" and isinstance(self.view, Conditional):
            operation.setdefault("parameters", []).append(IF_NONE_MATCH)
            operation["responses"].setdefault("304", {"description": "You have it already: see If-None-Match."})
            operation["responses"].get("200", {}).setdefault("headers", {})["ETag"] = ETAG
        if self.method != "GET":
            failures |= {"409": CONFLICT, **self._of_writing(operation)}
        for status, description in failures.items():
            content = {MEDIA_TYPE: {"schema": problem}}
            operation["responses"].setdefault(status, {"description": description, "content": content})
        operation["responses"]["429"]["headers"] = {"Retry-After": RETRY_AFTER}
        for response in operation["responses"].values():
            response["headers"] = {**response.get("headers", {}), **LIMITS, **REQUEST_ID}
        return operation

    def _of_writing(self, operation: dict[str, Any]) -> dict[str, str]:
        """Add the headers of a request that changes something; return the failures that come of them."""
        view, action = self.view, getattr(self.view, "action", None)
        failures: dict[str, str] = {}
        answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        needed = action in getattr(view, "changes", ())
        if needed or action in getattr(view, "may_match", ()):
            operation.setdefault("parameters", []).append({**IF_MATCH, "required": needed})
            failures |= {status: said for status, said in MATCHING.items() if needed or status == "412"}
        if isinstance(view, Writing) and self.method == "POST" and action not in view.asks_only:
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
            failures["422"] = REUSED
            for answer in answers:
                answer.setdefault("headers", {})[REPLAYED] = IS_REPLAYED
        if failures:
            for answer in answers:
                answer.setdefault("headers", {}).setdefault("ETag", ETAG)
        return failures
