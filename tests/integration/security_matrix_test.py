"""Role x route x id: every operation of the server's own OpenAPI document, asked by everybody about everything. Who may not know of a thing
gets the same answer as about nothing at all: by status, by body, by timing class and on the live stream."""

import re, statistics, time, unittest
from collections import Counter, defaultdict
from security.matrix_rules import MOVES, RULES
from security.matrix_world import ACTORS, CHATS, SIGNED_IN, STRANGERS, WORKSPACE, World, standing
from server import User, new_id
from streams import Stream

PREFIX = "/api/v1"
MARKS = re.compile(r"(private|public|archived|direct|elsewhere)-(name|topic|words)")


class Matrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.w = w = World()
        w.spare_sessions = {name: w.people[name].again("spare").session["session_id"] for name in SIGNED_IN if name not in ("cmember", "owner")}
        w.sessions = {name: w.people[name].session["session_id"] for name in ("cmember", "owner")}
        w.streams = {name: Stream(w.people[name]) for name in SIGNED_IN}
        everything = {"chats": [w.chats[p] for p in CHATS], "users": [w.ids[name] for name in SIGNED_IN]}
        for name, stream in w.streams.items():
            w.people[name].ok("PUT", f"/stream/{stream.hello()['connection_id']}/focus", everything)
        cls.document = w.server.call("GET", "/openapi.json").json
        cls.cells, cls.seen, cls.made = Counter(), defaultdict(dict), defaultdict(set)

    @classmethod
    def tearDownClass(cls):
        for stream in cls.w.streams.values():
            stream.close()
        failed = [line for line in cls.w.server.call("GET", "/metrics").raw.decode().splitlines() if 'status="5' in line]
        assert not failed, failed
        cls.w.close()

    def test_1_every_operation_has_a_rule(self):
        named = {f"{method.upper()} {path.removeprefix(PREFIX)}" for path, methods in self.document["paths"].items() for method in methods}
        self.assertEqual(named ^ set(RULES), set(), "an operation without a rule, or a rule without its operation")

    def test_2_who_stays_where_they_are(self):
        for operation in RULES:
            if operation not in MOVES:
                self.row(operation)

    def test_3_streams_of_outsiders_saw_nothing(self):
        time.sleep(0.5)
        frames = 0
        for name, stream in self.w.streams.items():
            for event, _, data in list(stream.frames):
                frames += 1
                self.assertTrue(self.for_them(name, event, data), (name, event, data))
        seen = self.w.streams["cmember"]
        seen.event("chat:" + self.w.chats["private"], "message_posted")
        seen.wait(lambda f: f[0] == "typing" and f[2]["chat_id"] == self.w.chats["private"])
        seen.wait(lambda f: f[0] == "presence" and f[2]["user_id"] == self.w.ids["wadmin"])
        print(f"\n{frames} frames on {len(self.w.streams)} streams, none of them for somebody else", flush=True)

    def for_them(self, name, event, data):
        if event == "typing":
            return standing(name, next(p for p in CHATS if self.w.chats[p] == data["chat_id"])) == "in"
        if event == "presence":
            who = next(n for n in SIGNED_IN if self.w.ids[n] == data["user_id"])
            return who == name or (who in WORKSPACE and name in WORKSPACE)
        if event != "event":
            return event in ("hello", "cursor")
        kind, what = data["stream"].split(":")
        if kind == "user":
            return what == self.w.ids[name]
        mine = {self.w.chats[p] for p in CHATS if standing(name, p) == "in"} if kind == "chat" else {self.w.workspaces["here"]} if name in WORKSPACE else set()
        if name == "outsider":
            mine.add(self.w.workspaces["elsewhere"])
        return what in mine | self.made[name]

    def test_5_who_comes_and_goes(self):
        for operation in MOVES:
            self.row(operation)
        print(f"\n{sum(self.cells.values())} cells: {len(RULES)} operations, {len(ACTORS)} actors; by status {dict(sorted(self.cells.items()))}", flush=True)

    # --- one operation ---
    def row(self, operation):
        secured = self.document["paths"][self.in_document(operation)][operation.split(" ")[0].lower()].get("security") != []
        for actor in ACTORS:
            for cell in RULES[operation](self.w, actor):
                with self.subTest(operation=operation, actor=actor, cell=cell.label):
                    self.check(operation, actor, cell, secured)

    def in_document(self, operation):
        path = operation.split(" ")[1]
        return path if path in self.document["paths"] else PREFIX + path

    def wanted(self, operation, actor, cell, secured):
        if not secured:
            return {cell.want}
        if actor in STRANGERS:
            return {204} if (operation, actor) == ("POST /logout", "ended") else {401}
        if actor != "deactivated" or cell.early:
            return {cell.want}
        # The stream opens and closes at once; a password is tried before the lane is asked; a taken id is answered before who asks.
        return {"GET /stream": {200}, "GET /ws": {400}, "POST /me/password": {401, 403}}.get(operation, {401, 409} if cell.veil == "taken" else {401})

    def check(self, operation, actor, cell, secured):
        w, method = self.w, operation.split(" ")[0]
        path = cell.fresh() if cell.fresh else cell.path
        r = w.call(actor, method, path if self.in_document(operation) == path else PREFIX + path, cell.body)
        self.cells[r.status] += 1
        self.assertIn(r.status, self.wanted(operation, actor, cell, secured), (path, r.raw[:200]))
        if r.status < 300:
            if cell.undo:
                cell.undo()
            if r.status == 201 and isinstance(r.json, dict) and "id" in r.json:
                self.made[actor].add(r.json["id"])
        if operation != "POST /invites/{code}/accept":
            self.no_mark(actor, r)
        if cell.veil:
            self.alike(operation, actor, cell, r)

    def no_mark(self, actor, r):
        for place, what in MARKS.findall(r.raw.decode(errors="replace")):
            s = standing(actor, place)
            self.assertTrue(s == "in" or (s == "outside" and what != "words") or actor == "outsider" and place == "elsewhere", (actor, place, what, r.raw[:300]))

    def alike(self, operation, actor, cell, r):
        """What is hidden and what never was: the same answer, to the byte, but for the request's id and the ids that were asked about."""
        text = r.raw.decode()
        for i in sorted(cell.ids, key=len, reverse=True):
            text = text.replace(i, "<id>")
        text = re.sub(r'"request_id":"[0-9a-f]+"', "", text)
        heads = {k: v for k, v in r.headers.items() if k not in ("x-request-id", "content-length", "date")}
        first = self.seen[operation, actor].setdefault(cell.veil, (r.status, text, heads, cell.label))
        self.assertEqual(first[:3], (r.status, text, heads), (first[3], cell.label))

    # --- time ---
    def median_ms(self, calls, times=15):
        """Medians of calls that take turns, so that a busy machine is busy for all of them."""
        spent = [[] for _ in calls]
        for _ in range(times):
            for call, list_ in zip(calls, spent):
                begun = time.perf_counter()
                call()
                list_.append((time.perf_counter() - begun) * 1000)
        return [statistics.median(list_) for list_ in spent]

    def test_4_timing_classes(self):
        """Only classes: a password hash that is run or is not, a table that is read through. A network hides less than that from nobody."""
        w = self.w
        asker = User(w.server, "Asker", invite=w.invite())
        get = lambda path: lambda: asker.call("GET", path)
        post = lambda chat: lambda: asker.call("POST", f"/chats/{chat}/messages", {"id": new_id(), "body": "x"})
        login = lambda email: lambda: w.server.call("POST", "/api/v1/login", {"email": email, "password": "wrong horse"})
        never, there = new_id(), w.chats["private"]
        pairs = {
            "chat": (get(f"/chats/{there}"), get(f"/chats/{never}")),
            "messages": (get(f"/chats/{there}/messages"), get(f"/chats/{never}/messages")),
            "post": (post(there), post(never)),
            "user": (get(f"/users/{w.ids['outsider']}"), get(f"/users/{never}")),
            "workspace": (get(f"/workspaces/{w.workspaces['elsewhere']}"), get(f"/workspaces/{never}")),
            "message": (get(f"/chats/{w.chats['public']}/messages/{w.messages['private'][-1]}"), get(f"/chats/{w.chats['public']}/messages/{never}")),
            "login": (login(w.people["cowner"].email), login("nobody@example.org")),
            "login, no address": (login(w.people["cowner"].email), login("nobody")),
        }
        for name, (exists, not_) in pairs.items():
            a, b = self.median_ms([exists, not_])
            print(f"{name}: {a:.2f} ms where there is one, {b:.2f} ms where there is none", flush=True)
            self.assertLess(max(a, b), 2.5 * min(a, b) + 2, name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
