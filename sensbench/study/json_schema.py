"""The study file as a JSON schema, for editors."""

from typing import Any

from sensbench.study.config import Study

_GRID = {
    "description": "Lists of values of some parameters: one entry per combination.",
    "type": "object",
    "additionalProperties": {"type": "array", "minItems": 1},
}
_BY_NAME = ("ProblemPlugIn", "ModelPlugIn", "EstimatorPlugIn")


def study_schema() -> dict[str, Any]:
    """Return the schema of a study file, as it is written: names alone, grids, ``extends``."""
    schema = Study.model_json_schema()
    parts = schema["$defs"]
    for name in _BY_NAME:
        written = parts[name]
        written["properties"]["grid"] = _GRID
        if name == "ModelPlugIn":  # one with a file is called as in it
            written["anyOf"] = [{"required": ["name"]}, {"required": ["file"]}]
            written.pop("required", None)
        parts[name] = {"anyOf": [{"type": "string"}, written]}
    path = {"description": "A study file; its keys hold where this one has none.", "type": "string"}
    schema["properties"]["extends"] = path
    required = schema.pop("required")
    schema["anyOf"] = [{"required": ["extends"]}, {"required": required}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
