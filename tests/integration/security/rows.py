"""What stands in the file: limits that are counted there, and rows that are broken. The file is edited while the server is down."""

import json, os, sqlite3, subprocess, tempfile, unittest, urllib.parse, uuid
import server as harness
from server import Server, User, new_id, town
from streams import FORMS, Stream


def edited(server, *statements):
    """Stops, edits, starts."""
    assert server.stop() == 0
    db = sqlite3.connect(server.folder + "/data/server.db")
    for text, *parameters in statements:
        if parameters and isinstance(parameters[0], list):
            db.executemany(text, parameters[0])
        else:
            assert db.execute(text, parameters).rowcount != 0, text
    db.commit(), db.close()
    server.start()


def blob(id_):
    return uuid.UUID(id_).bytes


class Files(unittest.TestCase):
    def test_what_the_server_keeps_is_for_its_own_user(self):
        s = Server()
        os.mkdir(s.folder + "/data", 0o755)
        s.start()
        town(s)
        modes = {os.path.join(at, f): os.stat(os.path.join(at, f)).st_mode & 0o077 for at, _, files in os.walk(s.folder + "/data") for f in files}
        self.assertEqual(s.stop(), 0)
        self.assertGreaterEqual(len(modes), 4)
        self.assertEqual({f for f, mode in modes.items() if mode}, set())


class Quotas(unittest.TestCase):
    def test_what_one_person_may_be_in_and_one_workspace_may_invite(self):
        s = Server().start()
        (ann, bob), chat = town(s)
        s.stop()
        db = sqlite3.connect(s.folder + "/data/server.db")
        columns = lambda table: [c[1] for c in db.execute(f"pragma table_info({table})")]
        like = lambda table, where, n, **other: [
            [other.get(c, v)(i) if c in other else v for c, v in zip(columns(table), db.execute(f"select * from {table} where {where}").fetchone())] for i in range(n)
        ]

        def fill(table, rows):
            db.executemany(f"insert into {table} values({','.join('?' * len(rows[0]))})", rows)

        hex_ = lambda id_: f"x'{uuid.UUID(id_).hex}'"
        fresh = lambda i: blob(new_id())
        code = db.execute("select code from invites").fetchone()[0]
        fill("invites", like("invites", f"code = '{code}'", 998, code=lambda i: f"made{i}"))
        fill("members", like("members", f"user_id = {hex_(bob.id)}", 9_999, chat_id=fresh))
        fill("workspace_members", like("workspace_members", f"user_id = {hex_(ann.id)}", 198, workspace_id=fresh))
        db.commit(), db.close()
        s.start()
        try:
            invite = lambda: ann.call("POST", f"/workspaces/{ann.workspace}/invites", {}).status
            self.assertEqual([invite(), invite()], [201, 409])
            make = lambda who, *members: who.call(
                "POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "group", "name": "g", "member_ids": [m.id for m in members]}
            )
            self.assertEqual([make(bob).status, make(ann, bob).status, make(ann).status], [409, 409, 201])
            mine = make(ann).json["id"]
            self.assertEqual(ann.call("PUT", f"/chats/{mine}/members/{bob.id}", {}).status, 409)
            self.assertEqual(bob.call("PUT", f"/chats/{chat}/members/{bob.id}", {}).status, 200)  # is in it
            new = lambda: ann.call("POST", "/workspaces", {"id": new_id(), "name": "W"}).status
            self.assertEqual([new(), new()], [201, 409])
            zoe = User(s, "Zoe", workspace={"id": new_id(), "name": "Z"})
            theirs = zoe.ok("POST", f"/workspaces/{zoe.ok('GET', '/workspaces')['items'][0]['id']}/invites", {})["code"]
            self.assertEqual(ann.call("POST", f"/invites/{theirs}/accept").status, 409)
        finally:
            s.stop()


class Poison(unittest.TestCase):
    """A damaged row costs what stood in it: no reader, no stream and no client stops at it."""

    def setUp(self):
        self.s = Server(log='level = "warn"\nformat = "json"').start()
        (self.ann, self.bob, self.cem), self.chat = town(self.s, 3)
        stream = Stream(self.bob)
        self.cursor = stream.hello()["cursor"]
        stream.close()
        self.before = self.bob.ok("GET", "/sync")["cursor"]
        self.said = [self.ann.say(self.chat, f"words {i}")["id"] for i in range(12)]

    def tearDown(self):
        self.assertEqual(self.s.stop(), 0)
        self.s.listener.join(10)

    def log(self, message, payload, **more):
        sets = "".join(f", {k} = {v}" for k, v in more.items())
        return f"update log set payload = {payload}{sets} where subject = ?", blob(message)

    def everything(self, who):
        """Whatever reads, as JSON (Reply parses it)."""
        at = f"/chats/{self.chat}"
        for path in [
            "/me",
            "/sessions",
            "/workspaces",
            f"/workspaces/{self.ann.workspace}/members",
            f"/workspaces/{self.ann.workspace}/channels",
            "/chats",
            at,
            at + "/members",
            at + "/messages",
            at + "/messages?changed_since=0",
            at + "/events?after_rev=0&limit=200",
            "/search?q=words",
            "/sync",
            "/sync?cursor=" + self.before,
            "/poll?wait=0&cursor=" + self.cursor,
            *(f"{at}/messages/{m}{more}" for m in self.said for more in ("", "/history")),
        ]:
            r = who.call("GET", path)
            self.assertEqual(r.status, 200, (path, r.raw))
            r.raw.decode()
        return who.ok("GET", at + "/events?after_rev=0&limit=200")["items"]

    def test_the_log(self):
        m = self.said
        edited(
            self.s,
            self.log(m[0], "'{broken'"),
            self.log(m[1], "'null'"),
            self.log(m[2], "'[1,2]'"),
            self.log(m[3], "cast(x'7bff00' as text)"),
            self.log(m[4], '\'{"id":5,"body":[]}\''),
            self.log(m[5], '\'{"question":"?"}\'', type="'poll_created'"),
            self.log(m[6], "payload", type="cast(x'ff0a22' as text)"),
            self.log(m[7], "payload", stream_kind="77", stream="x'00'"),
            self.log(m[8], "payload", actor="x'01'", command_id="x''"),
            self.log(m[9], "'{}{}'"),
        )
        events = self.everything(self.bob)
        self.assertEqual([e["payload"].get("body") for e in events if e.get("seq") in (11, 12)], ["words 10", "words 11"])
        self.assertEqual([e["rev"] for e in events], sorted(e["rev"] for e in events))
        for make in FORMS:  # resumed through the broken ones, and live behind them
            stream = make(self.bob.again(), "?cursor=" + urllib.parse.quote(self.cursor))
            self.assertTrue(stream.hello()["resumed"])
            stream.wait(lambda f: f[0] == "event" and f[2]["payload"].get("id") == m[11])
            after = self.ann.say(self.chat, "after the broken ones")["id"]
            stream.wait(lambda f: f[0] == "event" and f[2]["payload"].get("id") == after)
            stream.close()
        self.client(["words 10", "words 11", "after the broken ones"])
        self.s.stop(), self.s.listener.join(10)
        told = [line["message"] for line in map(json.loads, self.s.logged) if "cannot be read" in line["message"]]
        self.assertGreaterEqual(len(told), 6)
        self.assertEqual(len(told), len(set(told)), "once for each")
        self.s.start()

    def client(self, texts):
        """A real one, from nothing."""
        binary = os.path.join(os.environ.get("FECHATTER_BIN", os.path.dirname(harness.FECHATTERD)), "fechatter")
        if not os.path.exists(binary):
            return self.skipTest("no terminal client here")
        with tempfile.TemporaryDirectory() as home:
            run = lambda *words: subprocess.run(
                [binary, "--server", f"http://127.0.0.1:{self.s.port}", "--home", home, *words],
                capture_output=True,
                text=True,
                timeout=60,
                env={**os.environ, "FECHATTER_PASSWORD": "correct horse"},
            )
            for words in [("login", self.bob.email), ("sync",)]:
                r = run(*words)
                self.assertEqual(r.returncode, 0, r)
            history = run("history", self.chat)
            self.assertEqual(history.returncode, 0, history)
            self.assertFalse([t for t in texts if t not in history.stdout], history.stdout)

    def test_rows(self):
        edited(
            self.s,
            ("update messages set reactions = '{nonsense', mentions = '[5]' where id = ?", blob(self.said[0])),
            ("update messages set body = cast(x'ff22' as text) where id = ?", blob(self.said[1])),
            ("update messages set author_id = x'01', reply_to = x'02' where id = ?", blob(self.said[2])),
            ("update messages set deleted = 7, created_at = -9223372036854775807 where id = ?", blob(self.said[3])),
            ("update users set name = cast(x'410a80' as text) where id = ?", blob(self.cem.id)),
            ("update chats set name = cast(x'ffff' as text), history = 9, archived = 2 where id = ?", blob(self.chat)),
        )
        self.everything(self.bob), self.everything(self.ann)
        self.client(["words 10"])

    def test_a_role_that_there_is_not_gives_no_power(self):
        for column in ["members", "workspace_members"]:
            for value in [99, 256, 512, -1, -256]:
                edited(self.s, (f"update {column} set role = {value} where user_id = ?", blob(self.cem.id)))
                tries = [
                    self.cem.call("PATCH", f"/chats/{self.chat}", {"topic": "mine"}),
                    self.cem.call("PATCH", f"/workspaces/{self.ann.workspace}", {"name": "mine"}),
                    self.cem.call("DELETE", f"/chats/{self.chat}/members/{self.bob.id}"),
                    self.cem.call("PUT", f"/chats/{self.chat}/members/{self.cem.id}", {"role": "owner"}),
                ]
                self.assertTrue(all(r.status in (403, 404) for r in tries), (column, value, [r.raw for r in tries]))
            edited(self.s, (f"update {column} set role = 2 where user_id = ?", blob(self.cem.id)))
        edited(self.s, ("update workspace_members set state = 256 where user_id = ?", blob(self.cem.id)))
        self.assertEqual(self.cem.call("GET", "/workspaces/" + self.ann.workspace).status, 404)

    def test_an_account_that_is_not_active_any_more_hears_nothing(self):
        edited(self.s, ("update users set state = 1 where id = ?", blob(self.bob.id)))
        stream = Stream(self.bob, "?cursor=" + urllib.parse.quote(self.cursor))
        self.assertTrue(stream.gone(2))
        self.assertEqual([(f[0], f[2].get("reason")) for f in stream.frames], [("closing", "signed_out")])
        self.assertEqual(self.s.call("POST", "/api/v1/login", {"email": self.bob.email, "password": "correct horse"}).status, 401)
        self.assertEqual(self.s.call("POST", "/api/v1/refresh", {"refresh_token": self.bob.session["refresh_token"]}).status, 401)
