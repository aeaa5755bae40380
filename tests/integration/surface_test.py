"""Every call and frame of the v1 surface over real sockets: Server-Sent Events, WebSocket and long poll alike."""
import json, sys, time, unittest, urllib.parse
from server import Reply, Server, Stream, User, WebSocket, new_id, town


class Surface(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    # --- accounts ---
    def test_accounts(self):
        s = self.server
        ann = User(s, "Ann", workspace={"id": new_id(), "name": "W"})
        self.assertEqual(s.call("POST", "/api/v1/signup", {"email": ann.email, "password": "correct horse", "name": "X"}).code, "conflict")
        wrong = s.call("POST", "/api/v1/login", {"email": ann.email, "password": "wrong horse"})
        nobody = s.call("POST", "/api/v1/login", {"email": "nobody@example.org", "password": "wrong horse"})
        self.assertEqual((wrong.status, wrong.json["error"]["message"]), (401, nobody.json["error"]["message"]))
        login = s.call("POST", "/api/v1/login", {"email": ann.email.upper(), "password": "correct horse", "device": "phone"})
        self.assertEqual(login.status, 200)
        self.assertEqual(sorted(login.json), ["access_token", "expires_in", "refresh_token", "session_id", "user"])
        self.assertEqual(len(ann.ok("GET", "/sessions")["items"]), 2)
        self.assertEqual(ann.ok("GET", "/me")["email"], ann.email)
        self.assertEqual(ann.ok("PATCH", "/me", {"name": "Anna"})["name"], "Anna")
        for bad in ["", "Bearer", "Bearer x.y.z", "Basic abc", "Bearer " + ann.token[:-4] + "AAAA", "Bearer " + ann.token.replace(".", "", 1)]:
            self.assertEqual(s.call("GET", "/api/v1/me", headers={"Authorization": bad}).status, 401)

    def test_refresh_rotates_and_reuse_ends_the_session(self):
        s = self.server
        ann = User(s, "Ann")
        first = ann.session["refresh_token"]
        key = {"Idempotency-Key": new_id()}
        second = s.call("POST", "/api/v1/refresh", {"refresh_token": first}, headers=key)
        again = s.call("POST", "/api/v1/refresh", {"refresh_token": first}, headers=key)
        self.assertEqual((second.status, again.status), (200, 200))
        self.assertEqual(second.json["refresh_token"], again.json["refresh_token"])
        third = s.call("POST", "/api/v1/refresh", {"refresh_token": second.json["refresh_token"]})
        self.assertEqual(third.status, 200)
        self.assertEqual(s.call("POST", "/api/v1/refresh", {"refresh_token": first}).status, 401)
        self.assertEqual(s.call("POST", "/api/v1/refresh", {"refresh_token": third.json["refresh_token"]}).status, 401)
        self.assertEqual(ann.call("GET", "/me").status, 401)
        self.assertEqual(s.call("POST", "/api/v1/refresh", {"refresh_token": "nonsense"}).status, 401)

    def test_ended_sessions_close_their_streams_within_a_second(self):
        ann = User(self.server, "Ann", workspace={"id": new_id(), "name": "W"})
        login = self.server.call("POST", "/api/v1/login", {"email": ann.email, "password": "correct horse"}).json
        phone = User.__new__(User)
        phone.server, phone.token, phone.id = self.server, login["access_token"], ann.id
        sse, ws = Stream(phone), WebSocket(phone)
        sse.wait(lambda f: f[0] == "hello"), ws.wait(lambda f: f[0] == "hello")
        ann.ok("DELETE", "/sessions/" + login["session_id"])
        begun = time.monotonic()
        self.assertTrue(sse.gone(2) and ws.gone(2))
        self.assertLess(time.monotonic() - begun, 1.0)
        self.assertEqual(phone.call("GET", "/me").status, 401)
        other = self.server.call("POST", "/api/v1/login", {"email": ann.email, "password": "correct horse"}).json
        self.assertEqual(ann.call("POST", "/me/password", {"old": "wrong", "new": "battery staple"}).status, 403)
        ann.ok("POST", "/me/password", {"old": "correct horse", "new": "battery staple"})
        self.assertEqual(self.server.call("GET", "/api/v1/me", token=other["access_token"]).status, 401)
        self.assertEqual(ann.call("GET", "/me").status, 200)
        ann.ok("POST", "/logout")
        self.assertEqual(ann.call("GET", "/me").status, 401)

    # --- workspaces and chats ---
    def test_workspaces(self):
        (ann, bob), chat = town(self.server)
        w = ann.workspace
        again = ann.ok("POST", "/workspaces", {"id": (wid := new_id()), "name": "Second"})
        self.assertEqual(ann.ok("POST", "/workspaces", {"id": wid, "name": "Second"})["id"], again["id"])
        self.assertEqual(ann.call("POST", "/workspaces", {"id": wid, "name": "Other"}).status, 409)
        self.assertEqual(bob.call("GET", "/workspaces/" + wid).status, 404)
        self.assertEqual(bob.call("PATCH", "/workspaces/" + w, {"name": "X"}).status, 403)
        self.assertEqual(ann.ok("PATCH", "/workspaces/" + w, {"name": "Renamed"})["name"], "Renamed")
        self.assertEqual({m["name"] for m in ann.ok("GET", f"/workspaces/{w}/members")["items"]}, {"Ann", "Bob"})
        self.assertEqual(ann.ok("PATCH", f"/workspaces/{w}/members/{bob.id}", {"role": "admin"})["role"], "admin")
        self.assertEqual(bob.call("PATCH", f"/workspaces/{w}/members/{ann.id}", {"role": "guest"}).status, 403)
        self.assertEqual(ann.call("DELETE", f"/workspaces/{w}/members/{ann.id}").status, 409)
        self.assertEqual([c["name"] for c in bob.ok("GET", f"/workspaces/{w}/channels")["items"]], ["general"])
        once = ann.ok("POST", f"/workspaces/{w}/invites", {"max_uses": 1, "role": "guest"})
        cem, dee = User(self.server, "Cem"), User(self.server, "Dee")
        self.assertEqual(ann.call("GET", "/users/" + cem.id).status, 404)
        self.assertEqual(cem.ok("POST", f"/invites/{once['code']}/accept")["role"], "guest")
        self.assertEqual(dee.call("POST", f"/invites/{once['code']}/accept").status, 404)
        self.assertEqual(ann.ok("GET", "/users/" + cem.id)["name"], "Cem")
        self.assertEqual(cem.call("GET", f"/workspaces/{w}/channels").status, 403)
        self.assertEqual(cem.call("PUT", f"/chats/{chat}/members/{cem.id}").status, 404)
        bob.ok("DELETE", f"/workspaces/{w}/members/{bob.id}")
        self.assertEqual(bob.call("GET", "/chats/" + chat).status, 404)
        self.assertEqual(bob.call("POST", f"/chats/{chat}/messages", {"id": new_id(), "body": "x"}).status, 404)

    def test_chats(self):
        (ann, bob, cem), chat = town(self.server, 3)
        w = ann.workspace
        one = ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": w, "kind": "direct", "member_ids": [bob.id]})
        two = bob.ok("POST", "/chats", {"id": new_id(), "workspace_id": w, "kind": "direct", "member_ids": [ann.id]})
        self.assertEqual(one["id"], two["id"])
        self.assertEqual((one["name"], two["name"]), ("Bob", "Ann"))
        self.assertEqual(ann.call("POST", "/chats", {"id": one["id"], "workspace_id": w, "kind": "group", "member_ids": []}).status, 409)
        group = new_id()
        body = {"id": group, "workspace_id": w, "kind": "group", "name": "g", "member_ids": [bob.id]}
        self.assertEqual(ann.call("POST", "/chats", body).status, 201)
        self.assertEqual(ann.call("POST", "/chats", body).status, 201)
        self.assertEqual(ann.call("POST", "/chats", {**body, "name": "h"}).status, 409)
        self.assertEqual(cem.call("GET", "/chats/" + group).status, 404)
        self.assertEqual(cem.call("PUT", f"/chats/{group}/members/{cem.id}").status, 404)
        self.assertEqual(bob.call("PATCH", "/chats/" + group, {"name": "x"}).status, 403)
        self.assertEqual(ann.ok("PATCH", "/chats/" + group, {"topic": "about"})["topic"], "about")
        self.assertEqual(ann.ok("PUT", f"/chats/{group}/members/{cem.id}", {"role": "admin"})["role"], "admin")
        self.assertEqual(len(ann.ok("GET", f"/chats/{group}/members")["items"]), 3)
        cem.ok("DELETE", f"/chats/{group}/members/{bob.id}")
        self.assertEqual(bob.call("GET", "/chats/" + group).status, 404)
        cem.ok("DELETE", f"/chats/{group}/members/{cem.id}")
        listed = ann.ok("GET", f"/chats?workspace_id={w}")["items"]
        self.assertEqual({c["kind"] for c in listed}, {"direct", "group", "public_channel"})
        self.assertLessEqual({"id", "workspace_id", "kind", "name", "topic", "role", "head_seq", "head_rev", "read_seq", "unread", "mentions", "member_count"},
                             set(listed[0]))
        archived = ann.ok("PATCH", "/chats/" + group, {"archived": True})
        self.assertTrue(archived["archived"])
        self.assertEqual(ann.call("POST", f"/chats/{group}/messages", {"id": new_id(), "body": "x"}).status, 409)

    # --- messages ---
    def test_messages(self):
        (ann, bob), chat = town(self.server)
        at = f"/chats/{chat}/messages"
        mid = new_id()
        first = ann.call("POST", at, {"id": mid, "body": "hello @Bob"})
        self.assertEqual((first.status, first.json["seq"], first.json["mentions"]), (201, 1, [bob.id]))
        self.assertEqual(ann.call("POST", at, {"id": mid, "body": "hello @Bob"}).json, first.json)
        self.assertEqual(ann.call("POST", at, {"id": mid, "body": "other"}).status, 409)
        self.assertEqual(bob.call("POST", at, {"id": mid, "body": "hello @Bob"}).status, 409)
        seen = bob.ok("GET", "/chats/" + chat)
        self.assertEqual((seen["unread"], seen["mentions"], seen["last_message"]["id"]), (1, 1, mid))
        reply = bob.say(chat, "answer", reply_to=mid)
        self.assertEqual(reply["reply_to"], mid)
        key = new_id()
        edited = ann.ok("PATCH", f"{at}/{mid}", {"body": "changed"}, Idempotency_Key=key)
        self.assertEqual((edited["body"], "edited_at" in edited), ("changed", True))
        self.assertEqual(ann.ok("PATCH", f"{at}/{mid}", {"body": "changed"}, Idempotency_Key=key), edited)
        self.assertEqual(ann.call("PATCH", f"{at}/{mid}", {"body": "third"}, Idempotency_Key=key).status, 409)
        self.assertEqual(bob.call("PATCH", f"{at}/{mid}", {"body": "x"}).status, 403)
        self.assertEqual([v["body"] for v in bob.ok("GET", f"{at}/{mid}/history")["items"]], ["hello @Bob", "changed"])
        self.assertEqual(ann.call("POST", at, {"id": mid, "body": "hello @Bob"}).json["body"], "hello @Bob")
        emoji = urllib.parse.quote("\U0001f389")
        bob.ok("PUT", f"{at}/{mid}/reactions/{emoji}"), bob.ok("PUT", f"{at}/{mid}/reactions/{emoji}"), ann.ok("PUT", f"{at}/{mid}/reactions/{emoji}")
        self.assertEqual(bob.ok("GET", f"{at}/{mid}")["reactions"], [{"emoji": "\U0001f389", "count": 2, "mine": True}])
        bob.ok("DELETE", f"{at}/{mid}/reactions/{emoji}")
        self.assertEqual(bob.ok("GET", f"{at}/{mid}")["reactions"], [{"emoji": "\U0001f389", "count": 1, "mine": False}])
        bob.ok("PUT", f"/chats/{chat}/read", {"seq": 1}), bob.ok("PUT", f"/chats/{chat}/read", {"seq": 0})
        self.assertEqual(bob.ok("GET", "/chats/" + chat)["read_seq"], 2)
        self.assertEqual(bob.call("DELETE", f"{at}/{mid}").status, 403)
        ann.ok("DELETE", f"{at}/{mid}")
        gone = bob.ok("GET", at)["items"][0]
        self.assertEqual((gone["deleted"], gone["body"], gone["reactions"]), (True, "", []))
        self.assertEqual(bob.ok("GET", f"{at}/{mid}/history")["items"], [])
        self.assertNotIn("changed", json.dumps(bob.ok("GET", f"/chats/{chat}/events?after_rev=0&limit=200")))
        self.assertEqual(ann.call("POST", at, {"id": mid, "body": "hello @Bob"}).status, 201)

    def test_pages_and_events(self):
        (ann, bob), chat = town(self.server)
        at = f"/chats/{chat}/messages"
        ids = [ann.say(chat, f"m{i}")["id"] for i in range(1, 31)]
        page = bob.ok("GET", at + "?limit=10")
        self.assertEqual(([m["seq"] for m in page["items"]], page["lo"], page["hi"], page["head_seq"]), (list(range(21, 31)), 21, 30, 30))
        page = bob.ok("GET", at + "?before=11&limit=4")
        self.assertEqual((page["lo"], page["hi"], len(page["items"])), (7, 10, 4))
        page = bob.ok("GET", at + "?after=28")
        self.assertEqual((page["lo"], page["hi"], len(page["items"])), (29, 30, 2))
        page = bob.ok("GET", at + "?around=15&limit=6")
        self.assertIn(15, [m["seq"] for m in page["items"]])
        self.assertEqual([m["seq"] for m in page["items"]], list(range(page["lo"], page["hi"] + 1)))
        rev = page["as_of_rev"]
        ann.ok("PATCH", f"{at}/{ids[4]}", {"body": "edited"})
        page = bob.ok("GET", f"{at}?changed_since={rev}&lo=1&hi=30")
        self.assertEqual(([m["seq"] for m in page["items"]], page["lo"], page["hi"]), ([5], 1, 30))
        events = bob.ok("GET", f"/chats/{chat}/events?after_rev=0&limit=200")
        self.assertEqual([e["rev"] for e in events["items"]], list(range(1, events["head_rev"] + 1)))
        self.assertEqual(events["items"][0]["type"], "chat_created")
        self.assertEqual(events["items"][1]["payload"]["body"], "m1")
        self.assertEqual(bob.call("GET", f"/chats/{chat}/events?after_rev=9999").status, 410)
        listed, cursor = [], ""
        while True:
            r = ann.ok("GET", f"/workspaces/{ann.workspace}/members?limit=1" + (f"&cursor={cursor}" if cursor else ""))
            listed += r["items"]
            if not (cursor := r["next"]):
                break
        self.assertEqual(len(listed), 2)

    def test_search(self):
        (ann, bob, cem), chat = town(self.server, 3)
        secret = ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "private_channel", "name": "secret", "member_ids": []})["id"]
        for body in ["the quick brown fox", "quick silver", "今天天气很好 see https://example.org", "a fox again"]:
            ann.say(chat, body)
        ann.say(secret, "hidden fox")
        find = lambda who, q: [i["message"]["body"] for i in who.ok("GET", "/search?q=" + urllib.parse.quote(q))["items"]]
        self.assertEqual(find(bob, "fox"), ["a fox again", "the quick brown fox"])
        self.assertEqual(find(ann, "fox in:secret"), ["hidden fox"])
        self.assertEqual(find(bob, '"quick brown"'), ["the quick brown fox"])
        self.assertEqual(find(bob, "quick -silver"), ["the quick brown fox"])
        self.assertEqual(find(bob, "天气"), ["今天天气很好 see https://example.org"])
        self.assertEqual(len(find(bob, "has:link from:Ann")), 1)
        self.assertEqual(find(bob, "from:Cem fox"), [])
        hit = bob.ok("GET", "/search?q=brown")["items"][0]
        span = hit["highlights"][0]
        self.assertEqual(hit["message"]["body"].encode()[span["begin"]:span["end"]], b"brown")
        one = bob.ok("GET", "/search?q=fox&limit=1")
        two = bob.ok("GET", "/search?q=fox&limit=1&cursor=" + urllib.parse.quote(one["next"]))
        self.assertNotEqual(one["items"][0]["message"]["id"], two["items"][0]["message"]["id"])

    # --- sync and live ---
    def rounds(self, user, cursor=""):
        chats, pages = {}, 0
        while True:
            r = user.ok("GET", "/sync" + (f"?cursor={cursor}" if cursor else ""))
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

    def live(self, make):
        (ann, bob, cem), chat = town(self.server, 3)
        stream = make(bob)
        hello = stream.wait(lambda f: f[0] == "hello")
        self.assertLessEqual({"cursor", "connection_id", "server_time", "heartbeat_ms", "resumed"}, set(hello[2]))
        posted = ann.say(chat, "one")
        frame = stream.event("message_posted")
        self.assertEqual((frame[2]["stream"], frame[2]["seq"], frame[2]["payload"]["id"], frame[2]["actor_id"]), (f"chat:{chat}", 1, posted["id"], ann.id))
        bob.ok("PUT", f"/stream/{hello[2]['connection_id']}/focus", {"chats": [chat], "users": [ann.id]})
        self.assertEqual(cem.call("PUT", f"/stream/{hello[2]['connection_id']}/focus", {"chats": [chat], "users": []}).status, 404)
        ann.ok("PUT", f"/chats/{chat}/typing", {"active": True})
        self.assertEqual(stream.wait(lambda f: f[0] == "typing")[2], {"chat_id": chat, "user_id": ann.id, "active": True})
        self.anns = Stream(ann)
        self.anns.wait(lambda f: f[0] == "hello")
        ann.ok("PUT", "/me/presence", {"state": "away"})
        stream.wait(lambda f: f[0] == "presence" and f[2] == {"user_id": ann.id, "state": "away"})
        at = f"/chats/{chat}/messages/{posted['id']}"
        ann.ok("PATCH", at, {"body": "two"}), ann.ok("PUT", at + "/reactions/x"), ann.ok("DELETE", at + "/reactions/x"), ann.ok("DELETE", at)
        ann.ok("PATCH", f"/chats/{chat}", {"topic": "t"}), ann.ok("PUT", f"/chats/{chat}/members/{cem.id}", {"role": "admin"})
        bob.ok("PUT", f"/chats/{chat}/read", {"seq": 1}), ann.ok("PATCH", f"/workspaces/{ann.workspace}", {"name": "N"}), ann.ok("PATCH", "/me", {"name": "Annie"})
        for kind in ["message_edited", "reaction_added", "reaction_removed", "message_deleted", "chat_changed", "member_changed", "read_moved",
                     "workspace_changed", "profile_changed"]:
            stream.event(kind)
        ann.ok("DELETE", f"/chats/{chat}/members/{bob.id}")
        stream.event("chat_removed")
        ann.say(chat, "after the removal")
        ann.ok("PUT", f"/chats/{chat}/members/{bob.id}")
        stream.event("chat_added")
        self.assertNotIn("after the removal", json.dumps(stream.frames))
        stream.wait(lambda f: f[0] == "cursor", 16)
        last = [f for f in stream.frames if f[1]][-1][1]
        stream.close()
        ann.say(chat, "while away")
        back = make(bob, "?cursor=" + last)
        self.assertTrue(back.wait(lambda f: f[0] == "hello")[2]["resumed"])
        self.assertEqual(back.event("message_posted")[2]["payload"]["body"], "while away")
        back.close()

    def test_live_by_server_sent_events(self):
        self.live(Stream)

    def test_live_by_websocket(self):
        self.live(WebSocket)

    def test_last_event_id_tickets_and_refusals(self):
        (ann, bob), chat = town(self.server)
        stream = Stream(bob)
        stream.wait(lambda f: f[0] == "hello")
        ann.say(chat, "one")
        at = stream.event("message_posted")[1]
        stream.close()
        ann.say(chat, "two")
        back = Stream(bob, headers={"Last-Event-ID": at})
        self.assertEqual(back.event("message_posted")[2]["payload"]["body"], "two")
        back.close()
        ticket = bob.ok("POST", "/stream/tickets")["ticket"]
        by_ticket = WebSocket(bob, "?ticket=" + ticket, token=False)
        self.assertEqual(by_ticket.status, 101)
        self.assertIn("fechatter.v1", by_ticket.head)
        by_ticket.close()
        self.assertEqual(Stream(bob, "?ticket=" + ticket, token=False).status, 401)
        self.assertEqual(Stream(bob, token=False).status, 401)

    def test_a_cursor_of_another_history_is_told_to_begin_anew(self):
        elsewhere = Server().start()
        try:
            (foreigner,), _ = town(elsewhere, 1)
            with_cursor = Stream(foreigner)
            cursor = with_cursor.wait(lambda f: f[0] == "hello")[2]["cursor"]
            with_cursor.close()
        finally:
            elsewhere.stop()
        (ann, bob), chat = town(self.server)
        for make in [Stream, WebSocket]:
            stream = make(bob, "?cursor=" + cursor)
            self.assertFalse(stream.wait(lambda f: f[0] == "hello")[2]["resumed"])
            self.assertEqual(stream.wait(lambda f: f[0] == "resync")[2], {"reason": "epoch"})
            said = ann.say(chat, "live all the same")["id"]
            stream.wait(lambda f: f[0] == "event" and f[2]["payload"].get("id") == said)
            stream.close()
        frames = bob.ok("GET", "/poll?cursor=" + cursor)["items"]
        self.assertIn("resync", [f["event"] for f in frames])

    def test_large_chats_nudge_who_does_not_look_at_them(self):
        server = Server(large_chat=2).start()
        try:
            (ann, bob, cem), chat = town(server, 3)
            for make in [Stream, WebSocket]:
                looks, waits = make(bob), make(cem)
                hello = looks.wait(lambda f: f[0] == "hello")[2]
                waits.wait(lambda f: f[0] == "hello")
                bob.ok("PUT", f"/stream/{hello['connection_id']}/focus", {"chats": [chat], "users": []})
                said = ann.say(chat, "to many")
                self.assertEqual(looks.event("message_posted")[2]["payload"]["body"], "to many")
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

    # --- operations ---
    def test_operations(self):
        s = self.server
        self.assertEqual((s.call("GET", "/healthz").status, s.call("GET", "/readyz").status), (200, 200))
        self.assertEqual(s.call("GET", "/.well-known/jwks.json").json["keys"][0]["alg"], "ES256")
        metrics = s.call("GET", "/metrics").raw.decode()
        for name in ["fechatter_http_requests_total", "fechatter_lane_commands_total", "fechatter_streams", "fechatter_log_position"]:
            self.assertIn(name, metrics)
        doc = s.call("GET", "/openapi.json").json
        routes = {(m.upper(), p) for p, ms in doc["paths"].items() for m in ms}
        for line in """POST /signup|POST /login|POST /refresh|POST /logout|GET /sessions|DELETE /sessions/{}|GET /me|PATCH /me|POST /me/password|GET /users/{}
POST /workspaces|GET /workspaces|GET /workspaces/{}|PATCH /workspaces/{}|GET /workspaces/{}/members|PATCH /workspaces/{}/members/{}|DELETE /workspaces/{}/members/{}
POST /workspaces/{}/invites|POST /invites/{}/accept|GET /workspaces/{}/channels|POST /chats|GET /chats|GET /chats/{}|PATCH /chats/{}|GET /chats/{}/members
PUT /chats/{}/members/{}|DELETE /chats/{}/members/{}|POST /chats/{}/messages|GET /chats/{}/messages|GET /chats/{}/events|PATCH /chats/{}/messages/{}
DELETE /chats/{}/messages/{}|GET /chats/{}/messages/{}/history|PUT /chats/{}/messages/{}/reactions/{}|DELETE /chats/{}/messages/{}/reactions/{}|PUT /chats/{}/read
PUT /chats/{}/typing|PUT /me/presence|GET /search|GET /sync|GET /stream|GET /ws|GET /poll|PUT /stream/{}/focus|POST /stream/tickets""".replace("\n", "|").split("|"):
            method, path = line.split(" ")
            pattern = ["{}" if p.startswith("{") else p for p in path.split("/")]
            self.assertTrue(any(m == method and ["{}" if x.startswith("{") else x for x in p.removeprefix("/api/v1").split("/")] == pattern for m, p in routes), line)

        def references(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    yield node["$ref"]
                for value in node.values():
                    yield from references(value)
            elif isinstance(node, list):
                for value in node:
                    yield from references(value)
        for ref in references(doc):
            self.assertIn(ref.removeprefix("#/components/schemas/"), doc["components"]["schemas"])


class Restarts(unittest.TestCase):
    def test_kill_9_keeps_every_acknowledged_message(self):
        s = Server().start()
        (ann, bob), chat = town(s)
        sent = []
        for round_ in range(3):
            sent += [ann.say(chat, f"{round_}-{i}")["id"] for i in range(20)]
            s.kill()
            s.start()
        self.assertEqual([m["id"] for m in bob.ok("GET", f"/chats/{chat}/messages?limit=200")["items"]], sent)
        stream = Stream(bob)
        stream.wait(lambda f: f[0] == "hello")
        self.assertEqual(s.stop(), 0)
        self.assertEqual([f[2]["reason"] for f in stream.frames if f[0] == "closing"], ["restart"])

    def test_arguments(self):
        import subprocess, server
        run = lambda *words: subprocess.run([server.FECHATTERD, *words], capture_output=True, text=True, timeout=20)
        for words, name in [(["--nonsense"], "nonsense"), (["--listen", "nowhere"], "nowhere"), (["--roles", "juggler"], "juggler"), (["--config", "/does/not/exist"], "/does/not/exist")]:
            r = run(*words)
            self.assertEqual((r.returncode, r.stderr.count("\n")), (2, 1), r)
            self.assertIn(name, r.stderr)
        s = Server()
        with open(s.config, "a") as f:
            f.write("\nwrong_key = 1\n")
        r = run("--config", s.config)
        self.assertEqual(r.returncode, 2)
        self.assertIn("limits.wrong_key", r.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
