"""What a request may say about itself: nothing that the server decides, no id that is another's."""

import hashlib, json, uuid
from running import Running
from server import User, new_id, town

# Fields that a server of this kind has and no caller may fill: of rows, of events, of what the service prepares.
EXTRA = [
    "role",
    "author_id",
    "created_at",
    "edited_at",
    "deleted",
    "seq",
    "rev",
    "pos",
    "head_seq",
    "member_count",
    "owner_count",
    "created_by",
    "create_hash",
    "state",
    "user_id",
    "actor_id",
    "mentions",
    "mentions_everyone",
    "password_hash",
    "full",
    "workspaces",
    "code",
    "invite_workspace",
    "fingerprint",
    "others",
    "session",
    "visible_from",
    "is_admin",
    "__proto__",
    "constructor",
    "chat_id",
    "workspace_id",
]


def version8(digest):
    raw = bytearray(digest[:16])
    raw[6], raw[8] = raw[6] & 15 | 0x80, raw[8] & 63 | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def answer_id(author, question):
    return version8(hashlib.sha256(b"reply:" + uuid.UUID(author).bytes + uuid.UUID(question).bytes).digest())


def direct_id(workspace, *people):
    return version8(hashlib.sha256(uuid.UUID(workspace).bytes + b"".join(sorted(uuid.UUID(p).bytes for p in people))).digest())


class MassAssignment(Running):
    def test_no_operation_takes_a_field_that_it_does_not_name(self):
        (ann, bob), chat = town(self.server)
        said, n = ann.say(chat, "words")["id"], 0
        here = {
            "chat_id": chat,
            "message_id": said,
            "user_id": bob.id,
            "workspace_id": ann.workspace,
            "session_id": new_id(),
            "code": "x",
            "emoji": "x",
            "connection_id": "x",
        }
        for path, methods in self.server.call("GET", "/openapi.json").json["paths"].items():
            for method, operation in methods.items():
                if not path.startswith("/api/v1") or path.endswith(("/stream", "/ws")):
                    continue
                body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
                target = path.removeprefix("/api/v1").format(**here)
                takes_body = method not in ("get", "delete")
                named = set(body.get("properties", {})) | {p["name"] for p in operation["parameters"] if p["in"] == "query"}
                for field in sorted(set(EXTRA) - named):
                    r = ann.call(method.upper(), target, {field: 1}) if takes_body else ann.call(method.upper(), f"{target}?{field}=1")
                    n += 1
                    self.assertEqual((r.status, r.field), (400, field), (method, path, r.raw))
        print(f"\n{n} fields that are none of the caller's were refused by name", flush=True)
        self.assertEqual(ann.ok("GET", f"/chats/{chat}/messages/{said}")["body"], "words")

    def test_nobody_writes_in_anothers_name(self):
        (ann, bob), chat = town(self.server)
        posted = bob.say(chat, "bob", client_at="2001-01-01T00:00:00.000Z")
        self.assertEqual((posted["author_id"], posted["created_at"][:2]), (bob.id, "20"))
        self.assertFalse(posted["created_at"].startswith("2001"))
        self.assertEqual(bob.call("PATCH", f"/workspaces/{ann.workspace}/members/{bob.id}", {"role": "owner"}).status, 403)
        self.assertEqual(bob.call("POST", f"/workspaces/{ann.workspace}/invites", {"role": "admin"}).status, 403)
        self.assertEqual(bob.call("PUT", f"/chats/{chat}/members/{bob.id}", {"role": "owner"}).status, 403)


class Squatting(Running):
    def test_what_is_created_under_anothers_id_says_and_changes_nothing(self):
        (ann, bob, cem), chat = town(self.server, 3)
        said = ann.say(chat, "the true words")
        group = ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "group", "name": "secret"})["id"]
        for attempt in [
            lambda: bob.call("POST", f"/chats/{chat}/messages", {"id": said["id"], "body": "other words"}),
            lambda: bob.call("POST", f"/chats/{chat}/messages", {"id": said["id"], "body": "the true words"}),
            lambda: bob.call("POST", "/chats", {"id": group, "workspace_id": ann.workspace, "kind": "group", "name": "secret"}),
            lambda: bob.call("POST", "/workspaces", {"id": ann.workspace, "name": "Town"}),
            lambda: bob.call("POST", "/workspaces", {"id": group, "name": "as a workspace"}),
            lambda: bob.call("POST", "/chats", {"id": ann.workspace, "workspace_id": ann.workspace, "kind": "group", "name": "as a chat"}),
            lambda: self.server.call(
                "POST", "/api/v1/signup", {"email": f"{new_id()}@example.org", "password": "correct horse", "name": "X", "workspace": {"id": group, "name": "x"}}
            ),
        ]:
            r = attempt()
            self.assertEqual((r.status, r.code), (409, "conflict"))
            self.assertFalse([word for word in ("secret", "true", "Town", ann.id) if word in r.raw.decode()], r.raw)
        self.assertEqual(ann.ok("GET", f"/chats/{chat}/messages/{said['id']}")["body"], "the true words")
        self.assertEqual(bob.call("GET", "/chats/" + group).status, 404)

    def test_who_talks_to_whom_cannot_be_asked_by_the_derived_id(self):
        (ann, bob, cem), chat = town(self.server, 3)
        id_ = direct_id(ann.workspace, ann.id, bob.id)
        probe = lambda kind: cem.call("POST", "/chats", {"id": id_, "workspace_id": ann.workspace, "kind": kind, "name": "x"})
        kinds = ["group", "private_channel", "public_channel"]
        before = [(r.status, r.json["error"]["message"]) for r in map(probe, kinds)]
        made = ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "direct", "member_ids": [bob.id]})
        self.assertEqual(made["id"], id_)  # whatever id is sent along
        self.assertEqual([(r.status, r.json["error"]["message"]) for r in map(probe, kinds)], before)
        for method, path in [("GET", ""), ("GET", "/messages"), ("PUT", f"/members/{cem.id}"), ("DELETE", f"/members/{ann.id}")]:
            self.assertEqual(cem.call(method, f"/chats/{id_}{path}").status, 404)

    def test_nobody_takes_the_id_of_anothers_answer(self):
        (ann, bob, cem), chat = town(self.server, 3)
        question = cem.say(chat, "what time is it?")["id"]
        id_ = answer_id(bob.id, question)
        post = lambda who, **more: who.call("POST", f"/chats/{chat}/messages", {"id": id_, "body": "noon", **more})
        self.assertEqual([post(cem).field, post(cem, reply_to=question).field, post(bob).field], ["id"] * 3)
        self.assertEqual([post(bob, reply_to=question).status, post(bob, reply_to=question).status, post(cem, reply_to=question).status], [201, 201, 400])

    def test_ids_of_another_workspace_are_ids_of_nothing(self):
        (ann, bob), chat = town(self.server)
        (zoe,), hidden = town(self.server, 1)
        secret = zoe.say(hidden, "elsewhere")["id"]
        never = new_id()
        same = lambda *answers: self.assertEqual(
            len({json.dumps([r.status, r.raw.decode().replace(i, "").split("request_id")[0]]) for r, i in answers}), 1, [a[0].raw for a in answers]
        )
        chat_with = lambda user: ann.call("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "group", "name": "g", "member_ids": [user]})
        same((chat_with(zoe.id), zoe.id), (chat_with(never), never))
        reply = lambda message: ann.call("POST", f"/chats/{chat}/messages", {"id": new_id(), "body": "x", "reply_to": message})
        same((reply(secret), secret), (reply(never), never))
        add = lambda user: ann.call("PUT", f"/chats/{chat}/members/{user}", {})
        same((add(zoe.id), zoe.id), (add(never), never))
        said = ann.say(chat, f"<@{zoe.id}> <@{never}> hello")
        self.assertEqual(said["mentions"], [])
        for q in [f"in:{hidden}", f"from:{zoe.id}", f"in:{hidden} elsewhere", "elsewhere"]:
            self.assertEqual(ann.ok("GET", f"/search?q={q.replace(' ', '%20')}")["items"], [], q)


class BeforeJoining(Running):
    def test_what_was_said_before_is_nothing_that_was_ever_said(self):
        """history: since_join. Old messages are to a later member what no message is, whatever they ask."""
        (ann, bob), _ = town(self.server)
        chat = ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "private_channel", "name": "late", "history": "since_join"})["id"]
        old = ann.say(chat, "oldwords")["id"]
        ann.ok("PUT", f"/chats/{chat}/messages/{old}/reactions/x"), ann.ok("PATCH", f"/chats/{chat}/messages/{old}", {"body": "oldwords, changed"})
        ann.ok("PUT", f"/chats/{chat}/members/{bob.id}", {})
        never = new_id()
        for method, path, body in [
            ("GET", "/messages/{}", None),
            ("GET", "/messages/{}/history", None),
            ("PATCH", "/messages/{}", {"body": "x"}),
            ("DELETE", "/messages/{}", None),
            ("PUT", "/messages/{}/reactions/x", None),
            ("DELETE", "/messages/{}/reactions/x", None),
            ("POST", "/messages", {"id": new_id(), "body": "x", "reply_to": "{}"}),
        ]:
            ask = lambda message: bob.call(method, f"/chats/{chat}" + path.format(message), json.loads(json.dumps(body).replace("{}", message)) if body else None)
            a, b = ask(old), ask(never)
            clean = lambda r, i: (r.status, r.raw.decode().replace(i, "").split("request_id")[0])
            self.assertEqual(clean(a, old), clean(b, never))
            self.assertIn(a.status, (400, 404))
        for path in [
            f"/chats/{chat}",
            f"/chats/{chat}/messages",
            f"/chats/{chat}/messages?around=1",
            f"/chats/{chat}/messages?changed_since=0",
            f"/chats/{chat}/messages?after=0",
            f"/chats/{chat}/events?after_rev=0",
            "/search?q=oldwords",
            "/sync",
            "/chats",
        ]:
            self.assertNotIn("oldwords", bob.call("GET", path).raw.decode(), path)
