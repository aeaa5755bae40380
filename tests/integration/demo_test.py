"""What README.md tells people to do, done: the demonstration server, a second home, and the bot, extracted from the text and built against an
installation."""
import os, re, shutil, signal, subprocess, tempfile, threading, time, unittest
from server import free_port

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.path.abspath(os.environ.get("FECHATTER_BIN", "build/release/bin"))
BUILD = os.path.abspath(os.environ.get("FECHATTER_BUILD", "build/release"))


def blocks(language):
    with open(f"{ROOT}/README.md", encoding="utf-8") as f:
        return re.findall(rf"```{language}\n(.*?)```", f.read(), re.S)


class Demo(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fechatter-demo-")
        self.listen = f"127.0.0.1:{free_port()}"
        self.env = {**os.environ, "FECHATTER_BIN": BIN, "FECHATTER_DATA": f"{self.folder}/data", "FECHATTER_LISTEN": self.listen, "ASAN_OPTIONS": "detect_leaks=0"}
        self.demo = subprocess.Popen([f"{ROOT}/scripts/run-demo.sh"], env=self.env, stdout=subprocess.PIPE, text=True)
        self.said = []
        self.reader = threading.Thread(target=lambda: self.said.extend(iter(self.demo.stdout.readline, "")))
        self.reader.start()
        self.until(lambda: any("Ctrl-C stops" in line for line in self.said))

    def tearDown(self):
        self.demo.send_signal(signal.SIGTERM)
        self.demo.wait(30)
        self.reader.join(30)
        self.demo.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def until(self, test, seconds=60):
        end = time.monotonic() + seconds
        while not (found := test()):
            self.assertLess(time.monotonic(), end, self.said)
            time.sleep(0.2)
        return found

    def shell(self, script):
        r = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120)
        self.assertEqual(r.returncode, 0, script + r.stdout + r.stderr)
        return r.stdout

    def test_the_demonstration_from_a_second_terminal(self):
        logins = [line.strip().replace("--home /tmp/", f"--home {self.folder}/") for line in self.said if " login " in line]
        self.assertEqual(len(logins), 2, self.said)
        for line in logins:
            self.shell(line)
        self.shell(f'{BIN}/fechatter --home {self.folder}/ann send general "hi"')
        self.until(lambda: "Ann: hi" in self.shell(f"{BIN}/fechatter --home {self.folder}/bob history general"))
        self.assertIn("Welcome to the demo workspace.", self.shell(f"{BIN}/fechatter --home {self.folder}/bob history general"))

    def answered(self, ask):
        """On a slow machine the bot may not have signed in when it was asked: it is asked again."""
        if "Bot: echo: are you there?" in self.shell(f"{BIN}/fechatter --home {self.folder}/ann history general"):
            return True
        self.shell(ask)
        time.sleep(1)

    def test_the_bot_of_the_readme(self):
        os.makedirs(f"{self.folder}/bot")
        for language, name in [("cpp", "main.cpp"), ("cmake", "CMakeLists.txt")]:
            with open(f"{self.folder}/bot/{name}", "w") as f:
                f.write(blocks(language)[0].replace("127.0.0.1:8080", self.listen))
        steps = next(b for b in blocks("sh") if "make install" in b)
        for old, new in [("/tmp/", self.folder + "/"), ("make install PREFIX=$PWD/prefix", f"cmake --install {BUILD} --prefix $PWD/prefix --component sdk"), ("$PWD/build/release/bin", BIN),
                         ("127.0.0.1:8080", self.listen), ("./bot/build/bot &", "./bot/build/bot > bot.log 2>&1 & echo $! > bot.pid;")]:
            self.assertIn(old, steps)
            steps = steps.replace(old, new)
        prefix = f"export PATH={BIN}:$PATH FECHATTER_SERVER=http://{self.listen} FECHATTER_PASSWORD=demo-password\n"
        try:
            self.shell(steps)
            ask = steps.splitlines()[-2]
            self.assertIn("are you there?", ask)
            self.until(lambda: self.answered(prefix + ask))
        finally:
            if os.path.exists(f"{self.folder}/bot.pid"):
                with open(f"{self.folder}/bot.pid") as f:
                    os.kill(int(f.read()), signal.SIGTERM)


if __name__ == "__main__":
    unittest.main(verbosity=2)
