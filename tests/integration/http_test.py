"""What clients may write differently, and mean the same."""
import base64, json, os, unittest
from running import Running
from server import User, town


class Http(Running):
    def test_words_in_any_case(self):
        ann = User(self.server, "Ann")
        for scheme in ["Bearer", "bearer", "BEARER"]:
            r = self.server.call("GET", "/api/v1/me", headers={"Authorization": f"{scheme} {ann.token}"})
            self.assertEqual(r.status, 200, scheme)
        for none in [ann.token, "Bearer", "Bearer ", "Bearer" + ann.token, "Basic " + ann.token]:
            self.assertEqual(self.server.call("GET", "/api/v1/me", headers={"Authorization": none}).status, 401, none)
        login = json.dumps({"email": ann.email, "password": "correct horse"})
        for kind, status in [("Application/JSON", 200), ("APPLICATION/JSON; Charset=UTF-8", 200), ("Application/X-WWW-Form-URLencoded", 200), ("Text/Plain", 415)]:
            self.assertEqual(self.server.call("POST", "/api/v1/login", login, headers={"Content-Type": kind}).status, status, kind)

    def test_a_url_as_the_target(self):
        ann = User(self.server, "Ann")
        got = self.server.raw(f"GET http://elsewhere:81/api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {ann.token}\r\n\r\n".encode())
        self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got)
        self.assertIn(ann.id.encode(), got)

    def test_head_is_get_without_a_body(self):
        (ann,), chat = town(self.server, 1)
        for path in ["/api/v1/me", f"/api/v1/chats/{chat}/messages", "/api/v1/nothing", "/healthz", "/openapi.json"]:
            get, head = self.server.call("GET", path, token=ann.token), self.server.call("HEAD", path, token=ann.token)
            self.assertEqual((head.status, head.headers["content-length"], head.raw), (get.status, str(len(get.raw)), b""), path)
        self.assertEqual(self.server.call("HEAD", "/api/v1/me").status, 401)
        self.assertEqual(self.server.call("HEAD", "/api/v1/login").status, self.server.call("GET", "/api/v1/login").status)

    def test_subprotocols_in_several_lines(self):
        ann = User(self.server, "Ann")
        key = base64.b64encode(os.urandom(16)).decode()
        for offered, chosen in [(["other", "fechatter.v1"], True), (["fechatter.v1", "other"], True), (["a, b", "c,fechatter.v1 , d"], True), (["other", "more"], False), ([], False)]:
            lines = "".join(f"Sec-WebSocket-Protocol: {o}\r\n" for o in offered)
            got = self.server.raw((f"GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                   f"Sec-WebSocket-Key: {key}\r\n{lines}Authorization: Bearer {ann.token}\r\n\r\n").encode(), 0.5).partition(b"\r\n\r\n")[0]
            self.assertTrue(got.startswith(b"HTTP/1.1 101 "), got)
            self.assertEqual(b"Sec-WebSocket-Protocol: fechatter.v1" in got, chosen, (offered, got))


if __name__ == "__main__":
    unittest.main(verbosity=2)
