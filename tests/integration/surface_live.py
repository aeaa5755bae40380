"""Sync and the live frames: Server-Sent Events, WebSocket and long poll alike."""
import json, time
from running import Running
from server import Server, User, new_id, town
from streams import FORMS, Poll, Stream, WebSocket

EVENTS = {"chat": ["chat_created", "chat_changed", "member_joined", "member_left", "member_changed", "message_posted", "message_edited", "message_deleted",
                   "reaction_added", "reaction_removed"],
          "user": ["read_moved", "chat_added", "chat_removed"],
          "workspace": ["workspace_changed", "member_joined", "member_left", "member_changed", "profile_changed"]}
FRAMES = ["hello", "event", "nudge", "typing", "presence", "cursor", "resync", "closing"]


class Sync(Running):
    def rounds(self, user, cursor="", limit=""):
        chats, pages = {}, 0
        while True:
            r = user.ok("GET", "/sync?" + limit + (f"&cursor={cursor}" if cursor else ""))
            cursor, pages = r["cursor"], pages + 1
            for c in r["chats"]:
                chats[c["id"]] = c
            if not r["more"]:
                return cursor, chats, pages

    def test_sync(self):
        (ann, bob), chat = town(self.server)
        more = [ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "group", "name": f"g{i}", "member_ids": [bob.id]})["id"] for i in range(30)]
        cursor, chats, pages = self.rounds(bob)
        self.assertEqual(set(chats), {chat, *more})
        self.assertGreater(pages, 1)
        ann.say(chat, "new"), ann.ok("DELETE", f"/chats/{more[3]}/members/{bob.id}")
        cursor2, chats, pages = self.rounds(bob, cursor)
        self.assertEqual(set(chats), {chat, more[3]})
        self.assertTrue(chats[more[3]]["left"])
        self.assertEqual(([e["type"] for e in chats[chat]["events"]], chats[chat]["limited"], chats[chat]["unread"]), (["message_posted"], False, 1))
        for i in range(60):
            ann.say(chat, f"n{i}")
        _, chats, _ = self.rounds(bob, cursor2)
        self.assertEqual((chats[chat]["limited"], chats[chat]["events"], chats[chat]["head_seq"]), (True, [], 61))
        self.assertEqual(bob.call("GET", "/sync?cursor=garbage").status, 400)
        other = Server().start()
        stranger = User(other, "Zoe", workspace={"id": new_id(), "name": "Z"})
        self.assertEqual(stranger.call("GET", "/sync?cursor=" + cursor).status, 410)
        other.stop()

    def test_sync_in_small_pages(self):
        (ann, bob), chat = town(self.server)
        more = [ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "group", "name": f"g{i}", "member_ids": [bob.id]})["id"] for i in range(6)]
        cursor, chats, pages = self.rounds(bob, limit="limit=3")
        self.assertEqual(set(chats), {chat, *more})
        self.assertGreaterEqual(pages, 3)
        for c in more:
            ann.say(c, "news")
        _, chats, pages = self.rounds(bob, cursor, "limit=2")
        self.assertEqual((set(chats), {c["unread"] for c in chats.values()}), (set(more), {1}))
        self.assertEqual(bob.call("GET", "/sync?limit=0").field, "limit")


class Live(Running):
    def test_by_server_sent_events(self):
        self.live(Stream)

    def test_by_websocket(self):
        self.live(WebSocket)

    def test_by_long_poll(self):
        self.live(Poll)

    def live(self, make):
        people, chat = town(self.server, 4)
        ann, bob, cem, dee = people
        stream = make(bob)
        hello = stream.hello()
        self.assertLessEqual({"cursor", "connection_id", "server_time", "heartbeat_ms", "resumed"}, set(hello))
        posted = ann.say(chat, "one")
        frame = stream.event("chat", "message_posted")
        self.assertEqual((frame[2]["stream"], frame[2]["seq"], frame[2]["payload"]["id"], frame[2]["actor_id"]), (f"chat:{chat}", 1, posted["id"], ann.id))
        self.whispers(make, stream, hello["connection_id"], people, chat)
        self.changes(stream, people, chat, posted)
        self.comings_and_goings(stream, people)
        self.removal(stream, people, chat)
        stream.wait(lambda f: f[0] == "cursor", 16)
        stream.wait(lambda f: f[0] == "presence" and f[2] == {"user_id": cem.id, "state": "offline"}, 16)  # its stream went away
        seen = {(f[2]["stream"].split(":")[0], f[2]["type"]) for f in stream.frames if f[0] == "event"}
        self.assertEqual({(kind, type_) for kind, types in EVENTS.items() for type_ in types} - seen, set())
        last = [f for f in stream.frames if f[1]][-1][1]
        stream.close()
        ann.say(chat, "while away")
        back = make(bob.again(), "?cursor=" + last)
        self.assertTrue(back.hello()["resumed"])
        self.assertEqual(back.event("chat", "message_posted")[2]["payload"]["body"], "while away")
        back.close()

    def whispers(self, make, stream, connection, people, chat):
        """What is never stored: focus, typing, presence."""
        ann, bob, cem, _ = people
        focus = f"/stream/{connection}/focus"
        bob.ok("PUT", focus, {"chats": [new_id() for _ in range(20)], "users": [new_id() for _ in range(200)]})
        for field, ids in [("chats", 21), ("users", 201)]:
            r = bob.call("PUT", focus, {"chats": [], "users": [], field: [new_id() for _ in range(ids)]})
            self.assertEqual((r.status, r.field.split("[")[0]), (400, field))
        bob.ok("PUT", focus, {"chats": [chat], "users": [ann.id, cem.id]})
        self.assertEqual(cem.call("PUT", focus, {"chats": [chat], "users": []}).status, 404)
        for active in [True, False]:
            ann.ok("PUT", f"/chats/{chat}/typing", {"active": active})
            stream.wait(lambda f: f[0] == "typing" and f[2] == {"chat_id": chat, "user_id": ann.id, "active": active})
        present, cems = make(ann), Stream(cem)
        present.hello(), cems.hello()
        cems.close()
        for state in ["away", "online", "offline"]:
            ann.ok("PUT", "/me/presence", {"state": state})
            stream.wait(lambda f: f[0] == "presence" and f[2] == {"user_id": ann.id, "state": state})
        present.close()

    def changes(self, stream, people, chat, posted):
        ann, bob, cem, _ = people
        at = f"/chats/{chat}/messages/{posted['id']}"
        ann.ok("PATCH", at, {"body": "two"}), ann.ok("PUT", at + "/reactions/x"), ann.ok("DELETE", at + "/reactions/x"), ann.ok("DELETE", at)
        ann.ok("PATCH", f"/chats/{chat}", {"topic": "t"}), ann.ok("PUT", f"/chats/{chat}/members/{cem.id}", {"role": "admin"})
        bob.ok("PUT", f"/chats/{chat}/read", {"seq": 1}), ann.ok("PATCH", f"/workspaces/{ann.workspace}", {"name": "N"}), ann.ok("PATCH", "/me", {"name": "Annie"})
        for kind in ["message_edited", "reaction_added", "reaction_removed", "message_deleted", "chat_changed", "member_changed"]:
            stream.event("chat:" + chat, kind)
        stream.event("user", "read_moved"), stream.event("workspace", "workspace_changed"), stream.event("workspace", "profile_changed")

    def comings_and_goings(self, stream, people):
        ann, bob, _, dee = people
        group = ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "group", "name": "g", "member_ids": [bob.id]})["id"]
        stream.event("chat:" + group, "chat_created")
        ann.ok("PUT", f"/chats/{group}/members/{dee.id}"), ann.ok("DELETE", f"/chats/{group}/members/{dee.id}")
        self.assertEqual(stream.event("chat:" + group, "member_joined")[2]["payload"]["user_id"], dee.id)
        self.assertEqual(stream.event("chat:" + group, "member_left")[2]["payload"]["user_id"], dee.id)
        w = f"/workspaces/{ann.workspace}"
        new = User(self.server, "Fay", invite=ann.ok("POST", w + "/invites", {})["code"])
        ann.ok("PATCH", f"{w}/members/{new.id}", {"role": "admin"}), ann.ok("DELETE", f"{w}/members/{new.id}")
        for kind in ["member_joined", "member_changed", "member_left"]:
            self.assertEqual(stream.event("workspace:" + ann.workspace, kind)[2]["payload"]["user_id"], new.id)

    def removal(self, stream, people, chat):
        ann, bob, _, _ = people
        added = len([f for f in stream.frames if f[0] == "event" and f[2]["type"] == "chat_added"])
        ann.ok("DELETE", f"/chats/{chat}/members/{bob.id}")
        stream.event("user", "chat_removed")
        ann.say(chat, "after the removal")
        ann.ok("PUT", f"/chats/{chat}/members/{bob.id}")
        stream.wait(lambda _: len([f for f in stream.frames if f[0] == "event" and f[2]["type"] == "chat_added"]) > added)
        self.assertNotIn("after the removal", json.dumps(stream.frames))

    def test_last_event_id_tickets_and_refusals(self):
        (ann, bob), chat = town(self.server)
        stream = Stream(bob)
        stream.hello()
        ann.say(chat, "one")
        at = stream.event("chat", "message_posted")[1]
        stream.close()
        ann.say(chat, "two")
        back = Stream(bob, headers={"Last-Event-ID": at})
        self.assertEqual(back.event("chat", "message_posted")[2]["payload"]["body"], "two")
        back.close()
        ticket = bob.ok("POST", "/stream/tickets")["ticket"]
        by_ticket = WebSocket(bob, "?ticket=" + ticket, token=False)
        self.assertEqual(by_ticket.status, 101)
        self.assertIn("fechatter.v1", by_ticket.head)
        by_ticket.close()
        self.assertEqual(Stream(bob, "?ticket=" + ticket, token=False).status, 401)
        sse = Stream(bob, "?ticket=" + bob.ok("POST", "/stream/tickets")["ticket"], token=False)
        self.assertFalse(sse.hello()["resumed"])
        sse.close()
        self.assertEqual(Stream(bob, token=False).status, 401)

    def test_a_cursor_of_another_history_is_told_to_begin_anew(self):
        elsewhere = Server().start()
        try:
            (foreigner,), _ = town(elsewhere, 1)
            with_cursor = Stream(foreigner)
            cursor = with_cursor.hello()["cursor"]
            with_cursor.close()
        finally:
            elsewhere.stop()
        (ann, bob), chat = town(self.server)
        for make in FORMS:
            stream = make(bob.again(), "?cursor=" + cursor)
            self.assertFalse(stream.hello()["resumed"])
            self.assertEqual(stream.wait(lambda f: f[0] == "resync")[2], {"reason": "epoch"})
            said = ann.say(chat, "live all the same")["id"]
            stream.wait(lambda f: f[0] == "event" and f[2]["payload"].get("id") == said)
            stream.close()

    def test_large_chats_nudge_who_does_not_look_at_them(self):
        server = Server(large_chat=2).start()
        try:
            (ann, bob, cem), chat = town(server, 3)
            for make in FORMS:
                looks, waits = make(bob), make(cem)
                hello = looks.hello()
                waits.hello()
                bob.ok("PUT", f"/stream/{hello['connection_id']}/focus", {"chats": [chat], "users": []})
                said = ann.say(chat, "to many")
                self.assertEqual(looks.event("chat", "message_posted")[2]["payload"]["body"], "to many")
                waits.wait(lambda f: f[0] == "nudge" and f[2] == {"chat_id": chat, "head_seq": said["seq"], "head_rev": said["rev"]})
                called = ann.say(chat, "@Cem, this is for you")["id"]
                waits.wait(lambda f: f[0] == "event" and f[2]["payload"].get("id") == called)
                self.assertNotIn("to many", json.dumps([f for f in waits.frames if f[0] == "event"]))
                looks.close(), waits.close()
                time.sleep(0.6)  # the nudges of a chat come at most every half second
        finally:
            server.stop()

    def test_long_poll(self):
        (ann, bob), chat = town(self.server)
        first = bob.ok("GET", "/poll")
        self.assertEqual(first["items"][0]["event"], "hello")
        ann.say(chat, "one")
        second = bob.ok("GET", f"/poll?cursor={first['cursor']}&wait=10")
        events = [f for f in second["items"] if f["event"] == "event"]
        self.assertEqual(events[0]["data"]["payload"]["body"], "one")
        begun = time.monotonic()
        third = bob.ok("GET", f"/poll?cursor={second['cursor']}&wait=1")
        self.assertEqual([f for f in third["items"] if f["event"] == "event"], [])
        self.assertGreater(time.monotonic() - begun, 0.8)

    def test_who_is_there_is_told_when_the_server_goes(self):
        server = Server().start()
        (ann, bob), chat = town(server)
        streams = [make(bob) for make in FORMS]
        for s in streams:
            s.hello()
        time.sleep(0.5)  # the long poll has asked again by then: between two polls nobody can be told
        self.assertEqual(server.stop(), 0)
        for s in streams:
            closing = s.wait(lambda f: f[0] == "closing")[2]
            self.assertEqual(closing["reason"], "restart")
            self.assertGreaterEqual(closing["reconnect_after_ms"], 0)
            self.assertTrue(s.gone())
