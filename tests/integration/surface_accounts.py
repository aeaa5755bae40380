"""Accounts, sessions, workspaces, invitations."""
import time
from running import Running
from server import User, new_id, town
from streams import Stream, WebSocket


class Accounts(Running):
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
        self.assertEqual(ann.ok("GET", "/me"), ann.session["user"])
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


class Workspaces(Running):
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

    def test_what_a_member_sees(self):
        (ann, bob), chat = town(self.server)
        seen = bob.ok("GET", "/workspaces/" + ann.workspace)
        self.assertEqual((seen["id"], seen["name"], seen["role"], seen["member_count"]), (ann.workspace, "Town", "member", 2))
        self.assertEqual(User(self.server, "Zoe").call("GET", "/workspaces/" + ann.workspace).status, 404)

    def test_sending_somebody_away(self):
        (ann, bob, cem), chat = town(self.server, 3)
        at = f"/workspaces/{ann.workspace}/members/"
        self.assertEqual(bob.call("DELETE", at + cem.id).status, 403)
        ann.ok("DELETE", at + bob.id)
        self.assertEqual({m["name"] for m in ann.ok("GET", at[:-1])["items"]}, {"Ann", "Cem"})
        for path in ["/workspaces/" + ann.workspace, "/chats/" + chat, f"/chats/{chat}/messages"]:
            self.assertEqual(bob.call("GET", path).status, 404, path)
        self.assertEqual(bob.ok("GET", "/chats")["items"], [])
        self.assertEqual(ann.call("GET", "/users/" + bob.id).status, 404)

    def test_invitations_expire(self):
        (ann, bob), chat = town(self.server)
        at = f"/workspaces/{ann.workspace}/invites"
        short, long = ann.ok("POST", at, {"expires_in": 1}), ann.ok("POST", at, {"expires_in": 3600})
        self.assertLess(short["expires_at"], long["expires_at"])
        time.sleep(1.2)
        cem = User(self.server, "Cem")
        self.assertEqual(cem.call("POST", f"/invites/{short['code']}/accept").status, 404)
        self.assertEqual(cem.ok("POST", f"/invites/{long['code']}/accept")["id"], ann.workspace)
        self.assertEqual((r := ann.call("POST", at, {"expires_in": 0})).field, "expires_in", r.raw)

    def test_lists_come_in_pages(self):
        (ann, bob, cem, dee), chat = town(self.server, 4)
        for i in range(4):
            ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": ann.workspace, "kind": "public_channel", "name": f"c{i}", "member_ids": []})
        for path, key, count in [("/chats", "id", 5), (f"/workspaces/{ann.workspace}/channels", "id", 5), (f"/workspaces/{ann.workspace}/members", "user_id", 4),
                                 (f"/chats/{chat}/members", "user_id", 4), (f"/chats?workspace_id={ann.workspace}", "id", 5)]:
            items, pages = ann.pages(path, 2)
            self.assertEqual((len({i[key] for i in items}), len(items), pages), (count, count, (count + 1) // 2), path)
