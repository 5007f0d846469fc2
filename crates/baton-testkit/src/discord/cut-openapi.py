#!/usr/bin/env python3
"""Cuts from Discord's own description of its API what a bot like ours sends and gets, without the prose.

    cut-openapi.py openapi.json > openapi.cut.json

The description: https://github.com/discord/discord-api-spec, specs/openapi.json (MIT licence).
Kept of an operation: its parameters, the schema of its JSON body and of its answer, with every schema that
these refer to.
"""

import json
import sys

WANTED = {
    "/gateway/bot": ["get"],
    "/users/@me": ["get"],
    "/users/@me/channels": ["post"],
    "/users/@me/guilds": ["get"],
    "/applications/@me": ["get"],
    "/applications/{application_id}/commands": ["get", "post", "put"],
    "/applications/{application_id}/commands/{command_id}": ["delete"],
    "/applications/{application_id}/guilds/{guild_id}/commands": ["get", "post", "put"],
    "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}": ["delete"],
    "/interactions/{interaction_id}/{interaction_token}/callback": ["post"],
    "/webhooks/{webhook_id}/{webhook_token}": ["post"],
    "/webhooks/{webhook_id}/{webhook_token}/messages/@original": ["get", "patch", "delete"],
    "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": ["get", "patch", "delete"],
    "/channels/{channel_id}": ["get", "patch", "delete"],
    "/channels/{channel_id}/messages": ["get", "post"],
    "/channels/{channel_id}/messages/{message_id}": ["get", "patch", "delete"],
    "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": ["put", "delete"],
    "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/{user_id}": ["delete"],
    "/channels/{channel_id}/messages/{message_id}/threads": ["post"],
    "/channels/{channel_id}/threads": ["post"],
    "/channels/{channel_id}/threads/archived/public": ["get"],
    "/channels/{channel_id}/thread-members": ["get"],
    "/channels/{channel_id}/thread-members/@me": ["put", "delete"],
    "/channels/{channel_id}/thread-members/{user_id}": ["put", "delete"],
    "/channels/{channel_id}/typing": ["post"],
    "/guilds/{guild_id}": ["get"],
    "/guilds/{guild_id}/channels": ["get"],
    "/guilds/{guild_id}/members/{user_id}": ["get"],
    "/guilds/{guild_id}/roles": ["get"],
    "/guilds/{guild_id}/threads/active": ["get"],
}
PROSE = ("description", "title", "deprecated", "x-discord-union", "example", "examples", "default")


def bare(schema):
    """The schema without its prose; names of properties are no prose."""
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in PROSE:
            continue
        if key == "properties":
            value = {name: bare(property) for name, property in value.items()}
        elif key in ("oneOf", "anyOf", "allOf"):
            value = [bare(option) for option in value]
        elif key in ("items", "additionalProperties"):
            value = bare(value)
        kept[key] = value
    return kept


def references(schema, found):
    if isinstance(schema, dict):
        if "$ref" in schema:
            found.append(schema["$ref"].removeprefix("#/components/schemas/"))
        for value in schema.values():
            references(value, found)
    elif isinstance(schema, list):
        for value in schema:
            references(value, found)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        whole = json.load(file)
    operations = []
    for path, methods in WANTED.items():
        item = whole["paths"][path]
        for method in methods:
            operation = item[method]
            parameters = item.get("parameters", []) + operation.get("parameters", [])
            body = operation.get("requestBody", {})
            content = body.get("content", {})
            answers = {
                int(status): answer["content"]["application/json"]["schema"]
                for status, answer in operation["responses"].items()
                if status.startswith("2") and "application/json" in answer.get("content", {})
            }
            status = min(answers, default=None)
            kept = {
                "id": operation["operationId"],
                "method": method.upper(),
                "path": path,
                "parameters": [
                    {
                        "name": parameter["name"],
                        "in": parameter["in"],
                        "required": parameter.get("required", False),
                        "schema": bare(parameter["schema"]),
                    }
                    for parameter in parameters
                ],
                "bot_token": any("BotToken" in way for way in operation["security"]),
                "open": {} in operation["security"],
                "multipart": "multipart/form-data" in content,
                "body_required": body.get("required", False),
                "body": bare(content["application/json"]["schema"]) if "application/json" in content else None,
                "status": status,
                "answer": bare(answers.get(status)),
            }
            operations.append(kept)
    schemas, waiting = {}, []
    references(operations, waiting)
    while waiting:
        name = waiting.pop()
        if name not in schemas:
            schemas[name] = bare(whole["components"]["schemas"][name])
            references(schemas[name], waiting)
    cut = {
        "origin": "Discord's OpenAPI description of its HTTP API v10 (MIT licence), cut by cut-openapi.py",
        "operations": operations,
        "schemas": dict(sorted(schemas.items())),
    }
    # One operation and one schema a line, so that what changed can be read.
    def line(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    print("{" + f'"origin":{line(cut["origin"])},\n"operations":[')
    print(",\n".join(line(operation) for operation in cut["operations"]))
    print('],\n"schemas":{')
    print(",\n".join(f"{line(name)}:{line(schema)}" for name, schema in cut["schemas"].items()))
    print("}}")


main()
