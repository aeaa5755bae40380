"""Property-based requests made from the OpenAPI document by schemathesis, against a real server: no 5xx, and every answer is as the document
says. Exits 77 (skipped) where schemathesis cannot be had.

Usage: fuzz_api_test.py SCRATCH     keeps schemathesis there
FUZZ_SECONDS=3600 FUZZ_SEED=2 ...   goes on for so long, from another seed"""

import json, os, subprocess, sys, tempfile, venv
from server import Server, User, new_id, town

SKIPPED = 77
VERSION = "4.32.5"
# A stream has no end, a handshake is no request, and who signs out is nobody afterwards; those have tests of their own.
APART = "/(stream|ws|logout)$"
# Left out: positive_data_acceptance, because the document cannot say what a cursor or a search is; unsupported_method and
# allow_header_conformance, because this surface answers 400 with `field: method`, and not 405.
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "ignored_auth",
]


def schemathesis(scratch):
    python = os.path.join(os.path.abspath(scratch), "bin", "python")
    if not os.path.exists(python):
        venv.create(scratch, with_pip=True)
    have = subprocess.run([python, "-c", f"from importlib.metadata import version; assert version('schemathesis') == '{VERSION}'"], stderr=subprocess.DEVNULL)
    if have.returncode == 0 or subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"schemathesis=={VERSION}"]).returncode == 0:
        return os.path.join(os.path.dirname(python), "schemathesis")
    return None


def known_ids(server):
    """By the name of a parameter or field: what is there, what is elsewhere, what never was."""
    (ann, bob, cem), chat = town(server, 3)
    zoe = User(server, "Zoe", workspace={"id": new_id(), "name": "Elsewhere"})
    other = zoe.ok("GET", "/workspaces")["items"][0]["id"]
    hidden = zoe.ok("POST", "/chats", {"id": new_id(), "workspace_id": other, "kind": "group", "name": "hidden"})["id"]
    group = ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "group", "name": "group", "member_ids": [bob.id]})["id"]
    said = [ann.say(c, f"words {i}")["id"] for c in (chat, group) for i in range(3)] + [zoe.say(hidden, "hidden words")["id"]]
    sessions = [ann.again().session["session_id"], zoe.session["session_id"], new_id()]
    ids = {
        "chat_id": [chat, group, hidden, new_id()],
        "message_id": [*said, new_id()],
        "reply_to": [*said, new_id()],
        "user_id": [bob.id, cem.id, zoe.id, new_id()],
        "workspace_id": [ann.workspace, other, new_id()],
        "session_id": sessions,
        "code": [ann.ok("POST", f"/workspaces/{ann.workspace}/invites", {})["code"], "nonsense"],
    }
    return ann, ids


def narrowed(node, ids):
    """The document with those ids in it: at random, a UUID names nothing."""
    if isinstance(node, list):
        for item in node:
            narrowed(item, ids)
    elif isinstance(node, dict):
        if node.get("in") == "path" and node.get("name") in ids:
            node["schema"] = {"type": "string", "enum": ids[node["name"]]}
        for name, field in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            field = field.get("anyOf", [field])[0]
            if name in ids and field.get("format") == "uuid":
                field["enum"] = ids[name]
        for value in node.values():
            narrowed(value, ids)


def document_of(server, ids):
    document = server.call("GET", "/openapi.json").json
    for methods in document["paths"].values():  # in requests only: answers name other ids, too
        for operation in methods.values():
            narrowed([operation.get("parameters", []), operation.get("requestBody", {})], ids)
    return document


def fuzzed(tool, server):
    """What schemathesis answers: 0 when it found nothing."""
    ann, ids = known_ids(server)
    seconds = os.environ.get("FUZZ_SECONDS")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "openapi.json")
        with open(path, "w") as f:
            json.dump(document_of(server, ids), f)
        command = [
            tool,
            "run",
            path,
            "--url",
            f"http://127.0.0.1:{server.port}",
            "-H",
            "Authorization: Bearer " + ann.token,
            "--seed",
            os.environ.get("FUZZ_SEED", "1"),
            "--phases",
            "coverage,fuzzing",
            "--max-examples",
            "200" if seconds else "20",
            "--exclude-path-regex",
            APART,
            "--checks",
            ",".join(CHECKS),
            "--request-timeout",
            "60",
            "--warnings",
            "off",
            "--no-color",
            "--output-truncate",
            "false",
            *(["--max-time", seconds] if seconds else []),
        ]
        return subprocess.run(command, cwd=folder).returncode


def main():
    tool = schemathesis(sys.argv[1])
    if not tool:
        print(f"schemathesis {VERSION} cannot be installed here")
        return SKIPPED
    server = Server().start()
    try:
        result = fuzzed(tool, server)
        failed = [line for line in server.call("GET", "/metrics").raw.decode().splitlines() if line.startswith("fechatter_http_requests_total") and 'status="5' in line]
    finally:
        stopped = server.stop()
    print(failed or "no answer was a 5xx")
    return result or int(bool(failed) or stopped != 0)


if __name__ == "__main__":
    sys.exit(main())
