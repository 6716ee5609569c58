"""How programs use a deployment, with its own address, model and an example row."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from apps.deployments import selectors

_OIP = {"integer": "INT64", "boolean": "BOOL", "category": "BYTES", "timestamp": "BYTES"}


def for_deployment(deployment: Any, features: list[dict[str, Any]], example: dict[str, Any]) -> list[dict[str, Any]]:
    address = selectors.address_of(deployment)
    return [
        {"name": "curl", "code": _curl(address, example)},
        {"name": "Python", "code": _python(address, example)},
        {"name": "sanad", "code": _sanad(deployment, example)},
        {"name": "Open Inference Protocol v2", "code": _oip(address, deployment.model.name, features, example)},
    ]


def for_new(project: str) -> list[dict[str, Any]]:
    curl = (
        f"curl -X POST {settings.SANAD_PUBLIC_URL}/api/v1/deployments/ \\\n"
        "  -H 'Authorization: Bearer snd_…' -H 'Content-Type: application/json' \\\n"
        """  -d '{"model_version": "VERSION_ID", "slug": "my-model"}'"""
    )
    python = (
        "from sanad import Client\n\n"
        f'client = Client("{settings.SANAD_PUBLIC_URL}", "snd_…", "{project}")\n'
        'client.deployments.deploy("VERSION_ID", "my-model")'
    )
    return [
        {"name": "CLI", "code": f"sanad --project {project} deploy VERSION_ID my-model"},
        {"name": "Python", "code": python},
        {"name": "curl", "code": curl},
    ]


def _text(thing: Any, indent: int | None = 2) -> str:
    return json.dumps(thing, indent=indent, ensure_ascii=False)


def _shell(thing: Any) -> str:
    """JSON between single quotes."""
    return _text(thing, None).replace("'", "'\\''")


def _curl(address: str, example: dict[str, Any]) -> str:
    body = _shell({"dataframe_records": [example]})
    return (
        f"curl {address}/invocations \\\n"
        "  -H 'Authorization: Bearer snd_…' -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )


def _literal(example: dict[str, Any]) -> str:
    lines = "".join(f"    {name!r}: {value!r},\n" for name, value in example.items())
    return f"{{\n{lines}}}"


def _python(address: str, example: dict[str, Any]) -> str:
    return (
        "import requests\n\n"
        f"row = {_literal(example)}\n"
        "answer = requests.post(\n"
        f'    "{address}/invocations",\n'
        '    headers={"Authorization": "Bearer snd_…"},\n'
        '    json={"dataframe_records": [row]},\n'
        "    timeout=10,\n"
        ")\n"
        "answer.raise_for_status()\n"
        'print(answer.json()["predictions"])'
    )


def _sanad(deployment: Any, example: dict[str, Any]) -> str:
    return (
        "from sanad import Client\n\n"
        f'client = Client("{settings.SANAD_PUBLIC_URL}", "snd_…", "{deployment.project.slug}")\n'
        f'deployment = client.deployments.get("{deployment.pk}")\n'
        f"print(client.deployments.predict(deployment, [{_literal(example)}]))"
    )


def _oip(address: str, model: str, features: list[dict[str, Any]], example: dict[str, Any]) -> str:
    tensors = [
        {
            "name": feature["name"],
            "shape": [1],
            "datatype": _OIP.get(feature["type"], "FP64"),
            "data": [example.get(feature["name"])],
        }
        for feature in features
    ]
    lines = ",\n".join("    " + _shell(tensor) for tensor in tensors)
    return (
        f"curl {address}/v2/models/{model}/infer \\\n"
        "  -H 'Authorization: Bearer snd_…' -H 'Content-Type: application/json' \\\n"
        f"  -d '{{\"inputs\": [\n{lines}\n  ]}}'"
    )
