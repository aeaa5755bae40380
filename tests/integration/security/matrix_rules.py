"""What each operation answers to whom: written from the specification of the surface and its table of roles, not from the server's code.

A rule yields the cells of one operation for one actor. A place that does not exist for the actor answers 404 whatever is there: cells of one
`veil` must be alike to the byte, but for the ids that they echo."""

from dataclasses import dataclass, field
from typing import Callable, Optional
from security.matrix_world import CHATS, MALFORMED, PLACES, WORKSPACE, power, standing
from server import new_id

READ = {"in": 200, "outside": 403, "hidden": 404}


@dataclass
class Cell:
    path: str
    want: object  # a status, or several that may be
    body: object = None
    veil: str = ""  # cells of this operation and actor that must be alike
    early: bool = False  # refused before anybody asks who it is that asks
    undo: Optional[Callable] = None
    fresh: Optional[Callable] = None  # makes the path when it is its turn
    label: str = ""
    ids: list = field(default_factory=list)


def chats(w, a, tail, wants, body=None, **more):
    """One cell for each place; `wants(standing, place)`."""
    for place in PLACES:
        s = standing(a, place)
        want = 400 if place == "malformed" else wants(s, place)
        here = w.messages.get(place, [new_id()])[-1]
        yield Cell(
            f"/chats/{w.chats[place]}{tail.format(message=here)}",
            want,
            body(place) if callable(body) else body,
            veil="" if s != "hidden" or place == "malformed" else "chat",
            early=place == "malformed",
            label=place,
            ids=[w.chats[place], here],
            **more,
        )


def reads(tail=""):
    return lambda w, a: chats(w, a, tail, lambda s, place: READ[s])


def messages(tail, done, archived=None, only_author=False):
    """On the last message of each place; and on messages that are not in the place that is named."""

    def rule(w, a):
        def wants(s, place):
            if s != "in":
                return READ[s]
            if only_author and a != w.author(place):
                return 403
            return archived if archived and place == "archived" else done

        body = {"body": "changed"} if only_author else None
        yield from chats(w, a, tail, wants, body)
        if standing(a, "private") == "in":
            for label, message in [("elsewhere", w.messages["elsewhere"][-1]), ("direct", w.messages["direct"][-1]), ("never", new_id())]:
                yield Cell(f"/chats/{w.chats['private']}{tail.format(message=message)}", 404, body, veil="message", label="private, message of " + label, ids=[message])
            yield Cell(f"/chats/{w.chats['private']}{tail.format(message=MALFORMED)}", 400, body, early=True, label="private, malformed message")

    return rule


def delete_message(w, a):
    def wants(s, place):
        if s != "in":
            return READ[s]
        moderates = place != "direct" and (power(a, place) >= 1)
        return 204 if a == w.author(place) or moderates else 403

    for cell in chats(w, a, "/messages/{message}", wants):
        if cell.want == 204:
            cell.fresh = lambda place=cell.label: f"/chats/{w.chats[place]}/messages/{w.messages[place].pop(0)}"
        yield cell


def post_message(w, a):
    yield from chats(
        w, a, "/messages", lambda s, place: READ[s] if s != "in" else 409 if place == "archived" else 201, lambda place: {"id": new_id(), "body": f"{place}-words"}
    )
    for place in ["private", "direct", "elsewhere", "never"]:  # an id that is taken says so, and whose it is to nobody
        taken = w.messages.get(place, [new_id()])[-1]
        if standing(a, "public") == "in" and place != "never" and a != w.author(place):
            yield Cell(f"/chats/{w.chats['public']}/messages", 409, {"id": taken, "body": "x"}, veil="taken", label="id of " + place, ids=[taken])


def change_chat(w, a):
    def wants(s, place):
        if s != "in":
            return READ[s]
        return 403 if place == "direct" or (power(a, place) < 1) else 200

    yield from chats(w, a, "", wants, lambda place: {"topic": f"{place}-topic"})


PEOPLE = ["self", "cmember", "cowner", "spare", "outsider", "never"]


def seats(w, a, wants, undo, body=None):
    for place in PLACES:
        for who in [*PEOPLE, "malformed"] if place != "malformed" else ["self"]:
            name = a if who == "self" else who
            user = {"never": new_id(), "malformed": MALFORMED}.get(who) or w.ids.get(name)
            early = "malformed" in (place, who)
            if body is None and place == "elsewhere" and name == a == "outsider":
                continue  # who leaves a chat as its last member does not come back
            want = 400 if early else wants(place, name, a == name)
            hidden = standing(a, place) == "hidden" and not early
            yield Cell(
                f"/chats/{w.chats[place]}/members/{user}",
                want,
                body,
                veil=f"chat, {who}" if hidden else "",
                early=early,
                label=f"{place}, {who}",
                ids=[w.chats[place], user],
                undo=lambda place=place, name=name: undo(place, name),
            )


def add_member(w, a):
    def wants(place, name, own):
        s = standing(a, place)
        if s == "hidden":
            return 404
        if place == "direct":
            return 403
        if s == "outside":
            return 200 if own else 403
        if name in CHATS[place]:
            return 200  # is in it, and nothing is asked for
        if place == "elsewhere":
            return 404  # all the others are of another workspace
        return 409 if place == "archived" else 200 if name in WORKSPACE or name == "spare" else 404

    def undo(place, name):
        if name not in CHATS[place]:
            w.people["wadmin"].ok("DELETE", f"/chats/{w.chats[place]}/members/{w.ids[name]}")

    return seats(w, a, wants, undo, {})


def remove_member(w, a):
    def wants(place, name, own):
        if standing(a, place) == "hidden":
            return 404
        if place == "direct":
            return 403
        there = CHATS[place].get(name)
        if own:
            return 204 if there else 404
        if power(a, place) < 1:
            return 403
        if not there:
            return 404
        if there == "owner":
            return 403 if power(a, place) < 2 else 409  # above them; or the last owner, whom nobody else takes out
        return 204

    def undo(place, name):
        chat = f"/chats/{w.chats[place]}"
        by = w.people["wadmin" if name != "wadmin" else "cowner"]
        if place == "archived":
            by.ok("PATCH", chat, {"archived": False})
        by.ok("PUT", f"{chat}/members/{w.ids[name]}", {"role": CHATS[place][name]})
        if place == "archived":
            by.ok("PATCH", chat, {"archived": True})

    return seats(w, a, wants, undo)


def workspaces(w, a, tail, wants, body=None, label=""):
    for where in w.workspaces:
        role = WORKSPACE.get(a) if where == "here" else "owner" if (where, a) == ("elsewhere", "outsider") else None
        early = where == "malformed"
        want = 400 if early else wants(role) if role else 404
        yield Cell(
            f"/workspaces/{w.workspaces[where]}{tail}",
            want,
            body(where) if callable(body) else body,
            veil="workspace" + label if not role and not early else "",
            early=early,
            label=where + label,
            ids=[w.workspaces[where]],
        )


def change_workspace(w, a):
    return workspaces(w, a, "", lambda role: 200 if role in ("owner", "admin") else 403, lambda where: {"name": "Town" if where == "here" else "elsewhere-name"})


def staff(w, a, wants, body, undo=None):
    """Members of a workspace, from outside and inside."""
    for who in ["spare", "owner", "outsider", "never", "malformed"]:
        user = {"never": new_id(), "malformed": MALFORMED}.get(who) or w.ids[who]
        for cell in workspaces(w, a, f"/members/{user}", lambda role: wants(role, who), body, ", " + who):
            if who == "malformed":
                cell.want, cell.early, cell.veil = 400, True, ""
            elif a == "outsider" and cell.label.startswith("elsewhere"):
                cell.want = 404 if who != "outsider" else 409  # their own workspace, where they are the last owner
            cell.ids.append(user)
            cell.undo = undo
            yield cell


def change_staff(w, a):
    def wants(role, who):
        if who in ("outsider", "never"):
            return 404
        if role not in ("owner", "admin"):
            return 403
        return 200 if who == "spare" else 403 if role == "admin" else 409

    return staff(w, a, wants, {"role": "member"})


def remove_staff(w, a):
    def wants(role, who):
        if who in ("outsider", "never"):
            return 404
        if who == "owner" and a == "owner":
            return 409
        if role not in ("owner", "admin"):
            return 403
        return 204 if who == "spare" else 403

    return staff(w, a, wants, None, lambda: w.people["spare"].ok("POST", f"/invites/{w.invite()}/accept"))


def accept(w, a):
    home = "elsewhere" if a == "outsider" else "here"
    code = w.invite(maker="outsider" if a == "outsider" else "owner")
    leaves = lambda: w.people["owner"].ok("DELETE", f"/workspaces/{w.workspaces['here']}/members/{w.ids[a]}")
    yield Cell(f"/invites/{code}/accept", 200, {}, label="home", undo=leaves if a == "gone" else None)
    inside = lambda: w.people["owner" if home == "elsewhere" else "outsider"].ok(
        "DELETE", f"/workspaces/{w.workspaces['here' if home == 'elsewhere' else 'elsewhere']}/members/{w.ids[a]}"
    )
    yield Cell(f"/invites/{w.invite(maker='owner' if a == 'outsider' else 'outsider')}/accept", 200, {}, label="elsewhere", undo=inside)
    for n in range(2):
        never = f"{n}" * 20
        yield Cell(f"/invites/{never}/accept", 404, {}, veil="invite", label=f"never {n}", ids=[never])
    yield Cell(f"/invites/{'x' * 65}/accept", 400, {}, early=True, label="malformed")


def make_chat(w, a):
    yield from workspaces_of_body(w, a, lambda role: 201)
    role = WORKSPACE.get(a)
    for place in ["private", "direct", "elsewhere"]:
        mine = (a, place) in (("cowner", "private"), ("outsider", "elsewhere"))
        want = 409 if place != "direct" else 400 if role else 404  # derived ids are never asked about
        yield Cell(
            "/chats",
            want,
            {"id": w.chats[place], "workspace_id": w.workspaces["here"], "kind": "group", "name": "taken"},
            label="id of " + place,
            veil="" if mine else "derived" if place == "direct" else "taken",
            ids=[w.chats[place]],
        )
    free = new_id()[:14] + "8" + new_id()[15:]
    yield Cell(
        "/chats",
        400 if role else 404,
        {"id": free, "workspace_id": w.workspaces["here"], "kind": "group", "name": "taken"},
        label="derived id that is free",
        veil="derived",
        ids=[free],
    )


def workspaces_of_body(w, a, wants):
    for where, workspace in w.workspaces.items():
        role = WORKSPACE.get(a) if where == "here" else "owner" if (where, a) == ("elsewhere", "outsider") else None
        early = where == "malformed"
        yield Cell(
            "/chats",
            400 if early else wants(role) if role else 404,
            {"id": new_id(), "workspace_id": workspace, "kind": "group", "name": f"by {a}"},
            early=early,
            veil="workspace" if not role and not early else "",
            label=where,
            ids=[workspace],
        )


def make_workspace(w, a):
    yield Cell("/workspaces", 201, {"id": new_id(), "name": f"of {a}"}, label="new")
    yield Cell("/workspaces", 400, {"id": MALFORMED, "name": "x"}, early=True, label="malformed")
    for where in ["here", "elsewhere"]:
        yield Cell("/workspaces", 409, {"id": w.workspaces[where], "name": "taken"}, label="id of " + where, veil="taken", ids=[w.workspaces[where]])


def user(w, a):
    for who in ["cmember", "outsider", "gone", "never", "malformed"]:
        known = who == a or (who == "cmember" and a in WORKSPACE)
        early = who == "malformed"
        name = {"never": new_id(), "malformed": MALFORMED}.get(who) or w.ids[who]
        yield Cell(f"/users/{name}", 400 if early else 200 if known else 404, early=early, veil="user" if not known and not early else "", label=who, ids=[name])


def end_session(w, a):
    other = w.sessions["cmember" if a != "cmember" else "owner"]
    for label, session in [("foreign", other), ("never", new_id())]:
        yield Cell(f"/sessions/{session}", 404, veil="session", label=label, ids=[session])
    yield Cell(f"/sessions/{MALFORMED}", 400, early=True, label="malformed")
    if a in w.spare_sessions:
        yield Cell(f"/sessions/{w.spare_sessions[a]}", 204, label="own")


def focus(w, a):
    body = {"chats": [w.chats[p] for p in CHATS], "users": [w.ids[p] for p in ("cowner", "cmember", "outsider", "owner")]}
    if a in w.streams:
        yield Cell(f"/stream/{w.streams[a].hello()['connection_id']}/focus", 204, body, label="own")
    foreign = w.streams["cmember" if a != "cmember" else "owner"].hello()["connection_id"]
    for label, connection in [("foreign", foreign), ("never", new_id()), ("malformed", MALFORMED)]:
        yield Cell(f"/stream/{connection}/focus", 404, body, veil="connection", label=label, ids=[connection])


def plain(path, want, body=None):
    return lambda w, a: [Cell(path, want, body(w) if callable(body) else body)]


def lists(path):
    """Of what is one's own: the foreign is not refused, it is not in them."""

    def rule(w, a):
        yield Cell(path, 200, label="all")
        for where in ["here", "elsewhere", "never"]:
            member = (where == "here" and a in WORKSPACE) or (where, a) == ("elsewhere", "outsider")
            yield Cell(
                path + ("&" if "?" in path else "?") + "workspace_id=" + w.workspaces[where],
                200,
                label=where,
                veil="" if member else "workspace",
                ids=[w.workspaces[where]],
            )

    return rule


# In the order in which they run: what moves people in and out comes last, when the streams have been judged.
RULES = {
    **{"GET " + path: plain(path, 200) for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/.well-known/jwks.json"]},
    "POST /signup": plain("/signup", 409, lambda w: {"email": w.people["cowner"].email, "password": "another horse", "name": "X"}),
    "POST /login": plain("/login", 401, lambda w: {"email": w.people["cowner"].email, "password": "wrong horse"}),
    "POST /refresh": plain("/refresh", 401, {"refresh_token": "nonsense"}),
    "GET /me": plain("/me", 200),
    "PATCH /me": plain("/me", 200, {}),
    "POST /me/password": plain("/me/password", 403, {"old": "wrong horse", "new": "battery staple"}),
    "PUT /me/presence": plain("/me/presence", 204, {"state": "online"}),
    "GET /sessions": plain("/sessions", 200),
    "DELETE /sessions/{session_id}": end_session,
    "GET /users/{user_id}": user,
    "GET /workspaces": plain("/workspaces", 200),
    "POST /workspaces": make_workspace,
    "GET /workspaces/{workspace_id}": lambda w, a: workspaces(w, a, "", lambda role: 200),
    "PATCH /workspaces/{workspace_id}": change_workspace,
    "GET /workspaces/{workspace_id}/members": lambda w, a: workspaces(w, a, "/members", lambda role: 200),
    "GET /workspaces/{workspace_id}/channels": lambda w, a: workspaces(w, a, "/channels", lambda role: 403 if role == "guest" else 200),
    "POST /workspaces/{workspace_id}/invites": lambda w, a: workspaces(w, a, "/invites", lambda role: 403 if role == "guest" else 201, {}),
    "PATCH /workspaces/{workspace_id}/members/{user_id}": change_staff,
    "GET /chats": lists("/chats"),
    "POST /chats": make_chat,
    "GET /chats/{chat_id}": reads(),
    "PATCH /chats/{chat_id}": change_chat,
    "GET /chats/{chat_id}/members": reads("/members"),
    "GET /chats/{chat_id}/messages": reads("/messages"),
    "POST /chats/{chat_id}/messages": post_message,
    "GET /chats/{chat_id}/events": reads("/events?after_rev=0"),
    "GET /chats/{chat_id}/messages/{message_id}": messages("/messages/{message}", 200),
    "GET /chats/{chat_id}/messages/{message_id}/history": messages("/messages/{message}/history", 200),
    "PATCH /chats/{chat_id}/messages/{message_id}": messages("/messages/{message}", 200, archived=409, only_author=True),
    "DELETE /chats/{chat_id}/messages/{message_id}": delete_message,
    "PUT /chats/{chat_id}/messages/{message_id}/reactions/{emoji}": messages("/messages/{message}/reactions/x", 204, archived=409),
    "DELETE /chats/{chat_id}/messages/{message_id}/reactions/{emoji}": messages("/messages/{message}/reactions/x", 204, archived=409),
    "PUT /chats/{chat_id}/read": lambda w, a: chats(w, a, "/read", lambda s, place: 204 if s == "in" else READ[s], {"seq": 1}),
    "PUT /chats/{chat_id}/typing": lambda w, a: chats(w, a, "/typing", lambda s, place: READ[s] if s != "in" else 409 if place == "archived" else 204, {"active": True}),
    "GET /search": lists("/search?q=words"),
    "GET /sync": plain("/sync", 200),
    "GET /stream": plain("/stream", 200),
    "GET /ws": plain("/ws", 400),  # a plain GET is no handshake
    "GET /poll": plain("/poll?wait=0", 200),
    "POST /stream/tickets": plain("/stream/tickets", 201),
    "PUT /stream/{connection_id}/focus": focus,
    "PUT /chats/{chat_id}/members/{user_id}": add_member,
    "DELETE /chats/{chat_id}/members/{user_id}": remove_member,
    "DELETE /workspaces/{workspace_id}/members/{user_id}": remove_staff,
    "POST /invites/{code}/accept": accept,
    "POST /logout": plain("/logout", 204),
}
MOVES = [
    "PUT /chats/{chat_id}/members/{user_id}",
    "DELETE /chats/{chat_id}/members/{user_id}",
    "DELETE /workspaces/{workspace_id}/members/{user_id}",
    "POST /invites/{code}/accept",
    "POST /logout",
]
