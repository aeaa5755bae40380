"""Operations, restarts, arguments."""
import subprocess, unittest
import server as harness
from running import Running
from server import Server, town


class Operations(Running):
    def test_operations(self):
        s = self.server
        town(s)  # what is counted is there once something has happened
        self.assertEqual((s.call("GET", "/healthz").status, s.call("GET", "/readyz").status), (200, 200))
        self.assertEqual(s.call("GET", "/.well-known/jwks.json").json["keys"][0]["alg"], "ES256")
        metrics = s.call("GET", "/metrics").raw.decode()
        for name in ["fechatter_http_requests_total", "fechatter_lane_commands_total", "fechatter_streams", "fechatter_log_position"]:
            self.assertIn(name, metrics)
        doc = s.call("GET", "/openapi.json").json
        self.assertLessEqual({"/healthz", "/readyz", "/metrics", "/openapi.json", "/.well-known/jwks.json"}, set(doc["paths"]))
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
        self.assertEqual(s.stop(), 0)

    def test_arguments(self):
        run = lambda *words: subprocess.run([harness.FECHATTERD, *words], capture_output=True, text=True, timeout=20)
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
