"""Hostile and broken input: a clear 4xx that names the field, or a closed connection, and nobody else notices."""
import json, os, shutil, socket, subprocess, tempfile, threading, time, unittest
from server import Server, new_id, town


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(header_timeout_ms=2000).start()
        (cls.ann, cls.bob), cls.chat = town(cls.server)
        cls.at = f"/chats/{cls.chat}/messages"

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def tearDown(self):
        self.ann.say(self.chat, "still here")

    def refused(self, body, field, status=400, path=None, method="POST"):
        r = self.ann.call(method, path or self.at, body)
        self.assertEqual((r.status, r.field), (status, field), r.raw)
        self.assertTrue(r.json["error"]["request_id"])

    def test_bodies(self):
        ok = {"id": new_id(), "body": "x"}
        for text in [b"", b"{", b"nonsense", b"[]", b'"x"', b'{"id":1}x', b"\xff\xfe", b"{" + b'"a":{' * 5000, b"[" * 100000]:
            r = self.ann.call("POST", self.at, text)
            self.assertEqual(r.status, 400, text[:40])
        self.refused({**ok, "foo": 1}, "foo")
        self.refused({"body": "x"}, "id")
        self.refused({"id": new_id()}, "body")
        self.refused({**ok, "body": 5}, "body")
        self.refused({**ok, "body": None}, "body")
        self.refused({**ok, "body": ""}, "body")
        self.refused({**ok, "body": "   "}, "body")
        self.refused({**ok, "body": "y" * 40001}, "body")
        self.refused({**ok, "body": "a\u0000b"}, "body")
        self.refused({**ok, "id": "NOT-AN-ID"}, "id")
        self.refused({**ok, "id": new_id().upper()}, "id")
        self.refused({**ok, "id": "00000000-0000-0000-0000-000000000000"}, "id")
        self.refused({**ok, "reply_to": new_id()}, "reply_to")
        self.refused({**ok, "mentions": []}, "mentions")
        self.refused(('{"id":"%s","body":"x","body":"y"}' % new_id()).encode(), "body")
        self.refused(b'{"id":"' + new_id().encode() + b'","body":"\xc3\x28"}', "body")
        self.refused({"id": new_id(), "workspace_id": self.ann.workspace, "kind": "party", "member_ids": []}, "kind", path="/chats")
        self.refused({"id": new_id(), "workspace_id": self.ann.workspace, "kind": "group", "member_ids": [5]}, "member_ids[0]", path="/chats")
        self.refused({"id": new_id(), "workspace_id": self.ann.workspace, "kind": "group", "member_ids": [new_id()]}, "member_ids", path="/chats")
        self.refused({"seq": 1.5}, "seq", path=f"/chats/{self.chat}/read", method="PUT")
        self.refused({"seq": 2**60}, "seq", path=f"/chats/{self.chat}/read", method="PUT")
        self.refused({"seq": -1}, "seq", path=f"/chats/{self.chat}/read", method="PUT")
        r = self.server.call("POST", "/api/v1/signup", {"email": "no address", "password": "correct horse", "name": "N"})
        self.assertEqual((r.status, r.field), (400, "email"))
        r = self.server.call("POST", "/api/v1/signup", {"email": "a@b.c", "password": "short", "name": "N"})
        self.assertEqual((r.status, r.field), (400, "password"))
        r = self.server.call("POST", "/api/v1/signup", {"email": "a@b.c", "password": "p" * 1000, "name": "N"})
        self.assertEqual((r.status, r.field), (400, "password"))

    def test_paths_and_queries(self):
        for path, field in [("/chats/nonsense/messages", "chat_id"), (self.at + "?limit=0", "limit"), (self.at + "?limit=201", "limit"), (self.at + "?limit=x", "limit"),
                            (self.at + "?before=1&after=2", "before"), (self.at + "?foo=1", "foo"), (self.at + "?before=-1", "before"), ("/chats?limit=999", "limit"),
                            ("/chats?cursor=zzz", "cursor"), ("/search?q=", "q"), ("/search", "q"), ("/search?q=before:yesterday", "q"), ("/sync?cursor=" + "A" * 600, "cursor")]:
            r = self.ann.call("GET", path)
            self.assertEqual((r.status, r.field), (400, field), (path, r.raw))
        self.assertEqual(self.ann.call("GET", "/nonsense").status, 404)
        self.assertEqual(self.ann.call("GET", f"/chats/{new_id()}").status, 404)
        self.assertEqual(self.ann.call("PUT", "/chats").status, 400)
        self.assertEqual(self.ann.call("PUT", f"{self.at}/{new_id()}/reactions/%ZZ").status, 400)
        self.assertEqual(self.ann.call("GET", "/../../etc/passwd").status, 404)
        r = self.server.call("POST", "/api/v1" + self.at, b"<x/>", self.ann.token, {"Content-Type": "text/xml"})
        self.assertEqual((r.status, r.code), (415, "unsupported_media"))
        r = self.ann.call("DELETE", f"{self.at}/{new_id()}", Idempotency_Key="not-a-uuid")
        self.assertEqual((r.status, r.field), (400, "Idempotency-Key"))

    def test_giants(self):
        r = self.ann.call("POST", self.at, b'{"id":"' + b"x" * (2 << 20) + b'"}')
        self.assertEqual((r.status, r.code), (413, "too_large"))
        got = self.server.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100000 + b"\r\n\r\n", 5)
        self.assertIn(b" 413 ", got.split(b"\r\n")[0])
        got = self.server.raw(b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n", 5)
        self.assertRegex(got.split(b"\r\n")[0], rb" 4\d\d ")

    def test_broken_http(self):
        for data in [b"\x00\x01\x02\x03\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nBad Header\r\n\r\n",
                     b"POST /api/v1/login HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]:
            got = self.server.raw(data, 4)
            self.assertTrue(got == b"" or b" 400 " in got.split(b"\r\n")[0] or b" 503 " in got.split(b"\r\n")[0], got[:80])
        two = self.server.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual(two.count(b"HTTP/1.1 200"), 2)

    def test_200_half_open_connections(self):
        held = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(200)]
        for i, s in enumerate(held):
            s.sendall([b"", b"GET /heal", b"POST /api/v1/login HTTP/1.1\r\nContent-Length: 50\r\n\r\n{", b"GET /healthz HTTP/1.1\r\nHost:"][i % 4])
        begun = time.monotonic()
        for _ in range(20):
            self.ann.say(self.chat, "others are served")
        self.assertLess(time.monotonic() - begun, 10)
        held[1].settimeout(8)
        self.assertIn(b" 503 ", held[1].recv(4096))
        for s in held:
            s.close()

    def test_no_answer_was_a_server_error(self):
        metrics = self.server.call("GET", "/metrics").raw.decode()
        self.assertNotRegex(metrics, r'status="5')


class Limits(unittest.TestCase):
    def test_rate_limits_are_on_by_default(self):
        s = Server(rates=True, login_burst=20, login_per_second=1).start()
        replies = [s.call("POST", "/api/v1/login", {"email": "x", "password": "y"}) for _ in range(40)]
        limited = [r for r in replies if r.status == 429]
        self.assertTrue(limited)
        self.assertEqual(limited[0].code, "rate_limited")
        self.assertGreater(limited[0].json["error"]["retry_after_ms"], 0)
        s.stop()

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("mount"), "mounting a small disk takes root")
    def test_a_full_disk(self):
        folder = tempfile.mkdtemp(prefix="fechatter-disk-")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True).returncode != 0:
            self.skipTest("this machine does not let us mount")
        try:
            s = Server(data=folder).start()
            (ann, bob), chat = town(s)
            sent, refusal = [], None
            for i in range(2000):
                mid = new_id()
                r = ann.call("POST", f"/chats/{chat}/messages", {"id": mid, "body": "z" * 20000})
                if r.status != 201:
                    refusal = r
                    break
                sent.append(mid)
            self.assertEqual((refusal.status, refusal.code, refusal.json["error"]["retryable"]), (507, "storage_full", True), refusal.raw)
            held = bob.ok("GET", f"/chats/{chat}/messages?limit=200")
            self.assertEqual(held["head_seq"], len(sent))
            subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
            ann.say(chat, "space again")
            s.kill()
            s.start()
            self.assertEqual(bob.ok("GET", f"/chats/{chat}/messages?limit=200")["head_seq"], len(sent) + 1)
            s.stop()
        finally:
            subprocess.run(["umount", "-l", folder])


if __name__ == "__main__":
    unittest.main(verbosity=2)
