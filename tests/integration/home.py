"""A server, and homes of the terminal client, for tests that run it as a person would."""
import json, os, shutil, subprocess, tempfile, time, unittest
from server import Server

BIN = os.environ.get("FECHATTER_BIN", "build/release/bin")


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Home(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.home = tempfile.mkdtemp(prefix="fechatter-home-")

    def tearDown(self):
        if self.server.process.poll() is None:
            self.assertEqual(self.server.stop(), 0)
        shutil.rmtree(self.home, ignore_errors=True)

    ENV = {**os.environ, "FECHATTER_PASSWORD": "correct horse"}

    def command(self, who, *words):
        return [f"{BIN}/fechatter", "--server", f"http://127.0.0.1:{self.server.port}", "--home", f"{self.home}/{who}", "--timeout", "20", *words]

    def run_cli(self, who, *words, code=0, text=None, env=ENV):
        r = subprocess.run(self.command(who, *words), capture_output=True, text=True, env=env, timeout=60, input=text)
        self.errors = r.stderr
        self.assertEqual(r.returncode, code, (words, r.stdout, r.stderr))
        return r.stdout

    def lines(self, *words, **more):
        return [json.loads(line) for line in self.run_cli(words[0], "--json", *words[1:], **more).splitlines()]

    def people(self):
        self.run_cli("ann", "signup", "ann@example.org", "Ann", "--workspace", "Town")
        code = self.lines("ann", "invite")[0]["code"]
        self.run_cli("bob", "signup", "bob@example.org", "Bob", "--invite", code)
        return code

    def harness_call(self, who, *words):
        """A call that the client has no command for, in a session of its own."""
        session = self.server.call("POST", "/api/v1/login", {"email": f"{who}@example.org", "password": "correct horse"}).json
        method, path, body = words
        return self.server.call(method, "/api/v1" + path, body, session["access_token"])

    def start(self, words, out, errors):
        with open(out, "w") as o, open(errors, "w") as e:
            return subprocess.Popen(words, stdout=o, stderr=e, env=self.ENV)

    def until(self, test, seconds=30, shown=lambda: ""):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := test():
                return found
            time.sleep(0.1)
        self.fail("did not happen in time " + shown())
