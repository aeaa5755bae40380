"""Chats, messages, search, and what a change answers when it comes twice."""
import json, urllib.parse
from running import Running
from server import User, new_id, town


class Chats(Running):
    def test_chats(self):
        (ann, bob, cem), chat = town(self.server, 3)
        w = ann.workspace
        one = ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": w, "kind": "direct", "member_ids": [bob.id]})
        two = bob.ok("POST", "/chats", {"id": new_id(), "workspace_id": w, "kind": "direct", "member_ids": [ann.id]})
        self.assertEqual(one["id"], two["id"])
        self.assertEqual((one["name"], two["name"]), ("Bob", "Ann"))
        self.assertEqual(ann.call("POST", "/chats", {"id": one["id"], "workspace_id": w, "kind": "group", "member_ids": []}).status, 400)  # derived ids are for direct chats
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

    def test_search_in_one_workspace_and_the_clients_clock(self):
        (ann, bob), chat = town(self.server)
        second = ann.ok("POST", "/workspaces", {"id": new_id(), "name": "Second"})["id"]
        there = ann.ok("POST", "/chats", {"id": new_id(), "workspace_id": second, "kind": "public_channel", "name": "there", "member_ids": []})["id"]
        here = ann.say(chat, "needle here", client_at="2020-02-29T12:00:00.000Z")
        ann.say(there, "needle there")
        find = lambda query: [i["message"]["body"] for i in ann.ok("GET", "/search?q=needle" + query)["items"]]
        self.assertEqual(find(""), ["needle there", "needle here"])
        self.assertEqual((find("&workspace_id=" + ann.workspace), find("&workspace_id=" + second)), (["needle here"], ["needle there"]))
        self.assertGreater(here["created_at"], "2026")  # the server's clock; the client's decides nothing
        r = ann.call("POST", f"/chats/{chat}/messages", {"id": new_id(), "body": "x", "client_at": "yesterday"})
        self.assertEqual((r.status, r.field), (400, "client_at"))


class Replays(Running):
    """Every change, sent twice with one Idempotency-Key, answers as the first time and happens once."""

    NOT_KEPT = {"last_message", "mentions"}  # of a chat: they would keep texts that a deletion has to find

    def twice(self, who, method, path, body=None, but=frozenset()):
        key = new_id()
        first, second = (who.call(method, path, body, Idempotency_Key=key) for _ in range(2))
        self.assertLess(first.status, 300, (path, first.raw))
        told = lambda r: {k: v for k, v in r.json.items() if k not in but} if r.json else None
        self.assertEqual((first.status, told(first)), (second.status, told(second)), (method, path))
        return first.json

    def test_workspaces(self):
        (ann, bob, cem), chat = town(self.server, 3)
        w = f"/workspaces/{ann.workspace}"
        self.twice(ann, "PATCH", w, {"name": "Renamed"})
        self.twice(ann, "PATCH", f"{w}/members/{bob.id}", {"role": "admin"})
        code = self.twice(ann, "POST", w + "/invites", {"max_uses": 2})["code"]
        dee = User(self.server, "Dee")
        self.twice(dee, "POST", f"/invites/{code}/accept")
        self.twice(ann, "DELETE", f"{w}/members/{dee.id}")
        self.assertEqual(User(self.server, "Eve").call("POST", f"/invites/{code}/accept").status, 200)  # the replay was no second use

    def test_chats_and_messages(self):
        (ann, bob, cem), chat = town(self.server, 3)
        c = f"/chats/{chat}"
        m = f"{c}/messages/{ann.say(chat, 'one')['id']}"
        self.twice(ann, "PATCH", c, {"topic": "t"}, but=self.NOT_KEPT)
        self.twice(ann, "PUT", f"{c}/members/{cem.id}", {"role": "admin"})
        self.twice(ann, "DELETE", f"{c}/members/{cem.id}")
        self.twice(ann, "PUT", f"{c}/members/{cem.id}")
        self.twice(ann, "PATCH", m, {"body": "two"})
        self.twice(ann, "PUT", m + "/reactions/x"), self.twice(ann, "DELETE", m + "/reactions/x")
        self.twice(bob, "PUT", c + "/read", {"seq": 1})
        self.twice(ann, "DELETE", m)
        types = [e["type"] for e in ann.ok("GET", c + "/events?after_rev=0&limit=200")["items"]]
        self.assertEqual(types[2:], ["chat_changed", "member_changed", "member_left", "member_joined", "message_edited", "reaction_added", "reaction_removed",
                                     "message_deleted"])
        self.assertEqual(len(bob.ok("GET", m + "/history")["items"]), 0)

    def test_accounts(self):
        ann = User(self.server, "Ann")
        self.twice(ann, "PATCH", "/me", {"name": "Anna"})
        self.twice(ann, "POST", "/me/password", {"old": "correct horse", "new": "battery staple"})

    def test_one_key_means_one_change(self):
        (ann, bob), chat = town(self.server)
        key = new_id()
        ann.ok("PUT", f"/chats/{chat}/read", {"seq": 0}, Idempotency_Key=key)
        self.assertEqual(ann.call("PATCH", f"/chats/{chat}", {"topic": "t"}, Idempotency_Key=key).status, 409)
        self.assertEqual(bob.call("PATCH", "/me", {"name": "Bobby"}, Idempotency_Key=key).status, 200)  # another's keys are another's
