"""Who and what the security matrix is about: people of every standing, places of every kind, and who is where.

WORKSPACE and CHATS are the whole truth that the rules are judged by; found() makes the server's world from them."""

import http.client, json, sqlite3, time, uuid
from security import forging
from server import Reply, Server, User, new_id

WORKSPACE = {"owner": "owner", "wadmin": "admin", "wmember": "member", "guest": "guest", "cowner": "member", "cadmin": "member", "cmember": "member", "former": "member"}
ROLES = {"cowner": "owner", "cadmin": "admin", "cmember": "member", "wadmin": "member"}
CHATS = {
    "private": ROLES,
    "public": ROLES,
    "archived": {**ROLES, "guest": "member"},
    "direct": {"cowner": "member", "cmember": "member"},
    "elsewhere": {"outsider": "owner"},
}
PLACES = [*CHATS, "never", "malformed"]
SIGNED_IN = [*WORKSPACE, "gone", "outsider"]
# In whose name nothing may happen: without a token, or with one that is worth nothing.
STRANGERS = ["anonymous", "expired", "other_key", "ended"]
ACTORS = [*SIGNED_IN, "deactivated", *STRANGERS]
MALFORMED = "not-an-id"


def standing(actor, place):
    """in: a member; outside: may know of it and join; hidden: it does not exist for them."""
    if actor in CHATS.get(place, {}):
        return "in"
    return "outside" if place == "public" and WORKSPACE.get(actor, "guest") != "guest" else "hidden"


def power(actor, place):
    """Rank in a chat: 2 an owner's, 1 an admin's, 0 none. Admins of the workspace have an owner's where they are, and in public channels."""
    role = CHATS.get(place, {}).get(actor)
    if WORKSPACE.get(actor) in ("owner", "admin") and (role or place == "public"):
        return 2
    return {"owner": 2, "admin": 1}.get(role, 0)


class World:
    def __init__(self):
        self.server = Server().start()
        self.people = {"outsider": User(self.server, "outsider", workspace={"id": new_id(), "name": "elsewhere-name"})}
        self.people["owner"] = User(self.server, "owner", workspace={"id": new_id(), "name": "Town"})
        self.workspaces = {"here": self.only("owner"), "elsewhere": self.only("outsider"), "never": new_id(), "malformed": MALFORMED}
        for name in [*WORKSPACE, "gone", "deactivated", "spare"]:
            if name != "owner":
                self.people[name] = User(self.server, name, invite=self.invite(WORKSPACE.get(name, "member")))
        self.chats, self.messages = {"never": new_id(), "malformed": MALFORMED}, {}
        for place in CHATS:
            self.found(place)
        self.take_away()
        self.people = {**self.people, **self.strangers()}
        self.ids = {name: getattr(person, "id", "") for name, person in self.people.items()}
        self.connection, self.calls = None, 0

    def only(self, name):
        return self.people[name].ok("GET", "/workspaces")["items"][0]["id"]

    def invite(self, role="member", maker="owner"):
        where = self.workspaces["here" if maker == "owner" else "elsewhere"]
        return self.people[maker].ok("POST", f"/workspaces/{where}/invites", {"role": role})["code"]

    def found(self, place):
        maker = "outsider" if place == "elsewhere" else "cowner"
        kind = {"public": "public_channel", "direct": "direct"}.get(place, "private_channel")
        then = [] if place in ("direct", "elsewhere") else ["former", "gone", "deactivated"]
        there = [n for n in [*CHATS[place], *then] if n != maker]
        made = self.people[maker].ok(
            "POST",
            "/chats",
            {
                "id": new_id(),
                "workspace_id": self.workspaces["elsewhere" if place == "elsewhere" else "here"],
                "kind": kind,
                "member_ids": [self.people[n].id for n in there],
                **({} if kind == "direct" else {"name": f"{place}-name", "topic": f"{place}-topic"}),
            },
        )
        self.chats[place] = made["id"]
        for name in there:
            if kind != "direct" and CHATS[place].get(name, "member") != "member":
                self.people[maker].ok("PUT", f"/chats/{made['id']}/members/{self.people[name].id}", {"role": CHATS[place][name]})
        for name in then[:2]:
            self.people[maker].ok("DELETE", f"/chats/{made['id']}/members/{self.people[name].id}")
        self.messages[place] = [self.people[self.author(place)].say(made["id"], f"{place}-words {i}")["id"] for i in range(40)]
        if place == "archived":
            self.people[maker].ok("PATCH", f"/chats/{made['id']}", {"archived": True})

    def author(self, place):
        return "outsider" if place == "elsewhere" else "cmember"

    def take_away(self):
        """Membership of the workspace, and, in the file, the right to be anybody."""
        self.people["owner"].ok("DELETE", f"/workspaces/{self.workspaces['here']}/members/{self.people['gone'].id}")
        assert self.server.stop() == 0
        with sqlite3.connect(self.server.folder + "/data/server.db") as db:
            changed = db.execute("update users set state = 1 where id = ?", (uuid.UUID(self.people["deactivated"].id).bytes,)).rowcount
            assert changed == 1
        db.close()
        self.server.start()

    def strangers(self):
        """Tokens that were good once, or would be elsewhere: all of somebody who may do everything."""
        cowner, ended = self.people["cowner"], self.people["cowner"].again()
        ended.ok("POST", "/logout")
        head, body = forging.parts(cowner.token)
        old = {**body, "iat": int(time.time()) - 1000, "exp": int(time.time()) - 1}
        tokens = {
            "anonymous": None,
            "expired": forging.forged(forging.Key.of_server(self.server), head, old),
            "other_key": forging.forged(forging.Key(), head, body),
            "ended": ended.token,
        }
        made = {}
        for name, token in tokens.items():
            made[name] = User.__new__(User)
            made[name].server, made[name].token, made[name].id = self.server, token, cowner.id
        return made

    def call(self, actor, method, path, body=None):
        """On one connection that is kept: thousands of cells."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.people[actor].token:
            headers["Authorization"] = "Bearer " + self.people[actor].token
        self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        r = self.connection.getresponse()
        self.calls += 1
        if r.headers["content-type"] == "text/event-stream":  # which has no end
            self.connection = self.connection.close()
            return Reply(r.status, {}, b"")
        return Reply(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())

    def close(self):
        if self.connection:
            self.connection.close()
        assert self.server.stop() == 0
