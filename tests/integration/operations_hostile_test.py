"""Commands of fechatterd that are given what they must not touch, run over each other, or start from what is not right."""
import os, shutil, signal, sqlite3, stat, subprocess, time, unittest
import server as harness
from operations_test import Drill, messages, run, until
from server import town


class Targets(Drill):
    def setUp(self):
        super().setUp()
        self.server.start()
        (self.ann, _), self.chat = town(self.server)
        for _ in range(20):
            self.ann.say(self.chat, "z" * 20000)
        self.into = self.folder + "/into"
        os.mkdir(self.into)

    def writers(self, target):
        """Both commands that write a file, told to replace what is there."""
        return ["backup", *self.at, target, "--force"], ["export", *self.at, "-o", target, "--force"]

    def test_two_backups_to_one_name(self):
        target, succeeded = self.into + "/b", 0
        for _ in range(5):
            both = [subprocess.Popen([harness.FECHATTERD, *self.writers(target)[0]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
            for p in both:
                out, err = p.communicate(timeout=60)
                if p.returncode == 0:
                    self.assertIn(", 20 messages, 2 keys, verified", out)
                    succeeded += 1
                else:
                    self.assertEqual((p.returncode, err), (1, f"fechatterd: {target} is being written by another run; try again when it has finished\n"))
            self.assertIn(", 20 messages", run("verify", target).stdout)
        self.assertGreaterEqual(succeeded, 5)
        self.assertEqual(os.listdir(self.into), ["b"])

    def test_what_a_killed_run_left_is_taken_over(self):
        target = self.into + "/b"
        for words in self.writers(target):
            p = subprocess.Popen([harness.FECHATTERD, *words], stdout=subprocess.DEVNULL)
            until(lambda: os.path.exists(target + ".part") or p.poll() is not None)
            p.kill()
            p.wait()
            run(*words)
            self.assertEqual(os.listdir(self.into), ["b"])

    def test_what_others_made_beside_is_not_written_to(self):
        target, victim = self.into + "/b", self.folder + "/victim"
        for words in self.writers(target):
            with open(target + ".part", "w") as f:
                f.write("of somebody else, who reads it")
            os.chmod(target + ".part", 0o666)
            with open(target + ".part") as theirs:
                run(*words)
                self.assertEqual(theirs.read(), "of somebody else, who reads it")
            self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o600)
            with open(victim, "w") as f:
                f.write("precious")
            os.symlink(victim, target + ".part")
            run(*words)
            self.assertEqual((os.path.islink(target), os.path.getsize(victim)), (False, 8))

    def test_the_servers_own_files_are_no_targets(self):
        os.symlink(self.data, self.folder + "/link")
        before = sorted(os.listdir(self.data)), sorted(os.listdir(self.data + "/keys"))
        for name in "server.db", "server.db-wal", "server.db-shm", "server.lock", "server.db.part", "restore.unfinished", "keys/0002.pem", "./keys/../server.db":
            for place in self.data, self.folder + "/link", self.folder + "/into/../data":
                for words in self.writers(f"{place}/{name}"):
                    self.refused(*words, saying=f"{place}/{name} is for the files of the server itself")
        self.refused("backup", *self.at, self.data + "/keys", saying="is for the files of the server itself")  # it would be named after the time
        self.assertEqual((sorted(os.listdir(self.data)), sorted(os.listdir(self.data + "/keys"))), before)
        run("backup", *self.at, self.data)  # beside them it is nobody's loss
        self.ann.say(self.chat, "one more")
        self.assertEqual(self.server.stop(), 0)
        self.assertIn(", 21 messages", run("verify", *self.at).stdout)

    def test_only_a_file_is_replaced(self):
        fifo, link, file = self.into + "/fifo", self.into + "/link", self.into + "/file"
        os.mkfifo(fifo)
        open(file, "w").close()
        os.symlink(file, link)
        before = sorted(os.listdir(self.into))
        for target in fifo, link:
            for words in self.writers(target):
                self.refused(*words, saying=target + " is no regular file")
        self.refused("export", *self.at, "-o", self.into, "--force", saying=self.into + " is no regular file")
        self.refused("backup", *self.at, "/dev/null", saying="/dev/null is no regular file")
        self.assertEqual((sorted(os.listdir(self.into)), os.path.getsize(file), stat.S_ISFIFO(os.stat(fifo).st_mode)), (before, 0, True))
        self.assertIn('"type":"end"', run("export", *self.at).stdout)  # a pipe


class Sources(Drill):
    def test_what_is_no_database_of_ours(self):
        path = self.folder + "/file"
        open(path, "w").close()
        self.refused("verify", path, saying="is no database that fechatterd has made")
        self.refused("restore", *self.at, path, saying="is no backup that fechatterd has made")
        for version in 0, 1, 4:
            db = sqlite3.connect(path)
            db.executescript(f"create table if not exists theirs(x); pragma user_version={version};")
            db.close()
            self.refused("verify", path, saying="is no database that fechatterd has made")

    def test_what_is_no_file(self):
        fifo = self.folder + "/fifo"
        os.mkfifo(fifo)
        for path in fifo, "/dev/zero":
            self.refused("verify", path, code=2, saying="no regular file: " + path)
            self.refused("restore", *self.at, path, code=2, saying="no regular file: " + path)
        os.mkdir(self.data)
        os.rename(fifo, self.data + "/server.db")
        self.refused("verify", *self.at, saying="server.db: is no regular file")

    def test_an_empty_argument_is_not_one_that_was_left_out(self):
        for words, name in [(["--listen", ""], "--listen"), (["--data", ""], "--data"), (["--config", ""], "--config"), (["--roles", ""], "--roles"),
                            (["verify", "--data", ""], "--data"), (["backup", *self.at, ""], "to"), (["export", *self.at, "--chat", ""], "--chat"),
                            (["export", *self.at, "--workspace", ""], "--workspace"), (["export", *self.at, "-o", ""], "--output"),
                            (["import", "irc", "--channel", "", harness.__file__], "--channel")]:
            self.assertIn(name + ": must not be empty", run(*words, code=2).stderr)
        self.assertFalse(os.path.exists(self.data))

    def test_configurations_that_are_none(self):
        self.refused("check-config", "--config", self.folder, code=2, saying=self.folder + ": is a directory")
        for text, saying in [('[server]\ndata = "a\\u0000b"\n', "server.data: must not contain a zero byte"),
                             ('[auth]\nsigning_key_file = "a\\u0000b"\n', "auth.signing_key_file: must not contain a zero byte")]:
            with open(self.folder + "/bad.toml", "w") as f:
                f.write(text)
            self.refused("check-config", "--config", self.folder + "/bad.toml", code=2, saying=saying)


class Imports(Drill):
    def setUp(self):
        super().setUp()
        self.server.start()
        (self.ann, _), _ = town(self.server)
        self.server.stop()
        self.logs = self.folder + "/logs"
        os.mkdir(self.logs)

    def write(self, name, text):
        with open(f"{self.logs}/{name}", "w") as f:
            f.write(text)

    def irc(self, **more):
        return run("import", "irc", *self.at, "--channel", "irc", self.logs, **more)

    def times(self):
        self.server.start()
        chat = next(c["id"] for c in self.ann.again().ok("GET", "/chats")["items"] if c["name"] == "irc")
        found = [(m["created_at"][:16], m["body"]) for m in messages(self.ann.again(), chat)]
        self.server.stop()
        return found

    def test_days_in_any_order_of_names(self):
        self.write("2024-03-02.txt", "[10:00] <nick> second\n")
        self.write("chan-2024-03-01.log", "[23:59] <nick> first\n")
        os.mkfifo(self.logs + "/2024-03-01.txt")  # is no log, and nobody waits for it
        os.symlink("/nowhere", self.logs + "/2024-03-03.txt")
        self.assertNotIn("times:", self.irc().stdout)
        self.assertEqual(self.times(), [("2024-03-01T23:59", "first"), ("2024-03-02T10:00", "second")])
        self.write("2024-02-29.txt", "[10:00] <nick> before both\n")
        self.assertIn("times: 1 message is older than what stands before them in the channel, and got its time\n", self.irc().stdout)
        self.assertEqual(self.times()[-1], ("2024-03-02T10:00", "before both"))

    def test_a_name_that_is_none(self):
        self.write("2024-03-02.txt", "[10:00] <nick> text\n")
        for name in b"a\xff", b"a\nb", b"a\x1b[31m", b"x" * 81, b"  ":
            r = subprocess.run([harness.FECHATTERD, "import", "irc", *self.at, "--channel", name, self.logs], capture_output=True, timeout=60)
            self.assertEqual((name, r.returncode, r.stderr.count(b"\n")), (name, 2, 1), r.stderr)
            self.assertIn(b"--channel: ", r.stderr)
        self.assertIn("ok: ", run("verify", *self.at).stdout)

    def test_a_word_that_is_longer_than_the_index_keeps(self):
        self.write("2024-03-02.txt", "[10:00] <nick> " + "w" * 39000 + "\n")
        self.irc()
        self.assertIn("ok: ", run("verify", *self.at).stdout)
        run("restore", "--force", *self.at, self.backup())


class Starts(Drill):
    def test_a_vanished_database_is_no_new_server(self):
        self.server.start()
        (ann, _), chat = town(self.server)
        ann.say(chat, "kept")
        backup = self.backup()
        self.server.stop()
        for vanish in os.remove, lambda path: open(path, "w").close():
            vanish(self.data + "/server.db")
            for words in [], ["migrate"], ["verify"], ["export"], ["backup", self.folder + "/b2"]:
                saying = "no such database" if words == ["migrate"] and not os.path.exists(self.data + "/server.db") else "restore a backup, or remove keys/ to begin anew"
                self.refused(*words, *self.at, saying=saying)
            run("restore", "--force", *self.at, backup)
            self.assertIn(", 1 message\n", run("verify", *self.at).stdout)
        os.remove(self.data + "/server.db")
        shutil.rmtree(self.data + "/keys")
        self.server.start()

    def test_a_first_start_that_is_killed_is_finished_by_the_next(self):
        began = time.monotonic()
        self.server.start()
        whole = time.monotonic() - began
        self.server.stop()
        for i in range(10):
            shutil.rmtree(self.data)
            p = subprocess.Popen([harness.FECHATTERD, *self.at], stdout=subprocess.DEVNULL)
            time.sleep(whole * (i + 2) / 10)
            p.kill()
            p.wait()
            if os.path.isdir(self.data + "/keys") and os.listdir(self.data + "/keys"):
                self.assertGreater(os.path.getsize(self.data + "/server.db"), 0)
            self.server.start()
            self.assertEqual(self.server.stop(), 0)

    def serve(self, prepare):
        """With `prepare` run in the new process; ready when this returns. Nobody hears what it says."""
        self.server.process = subprocess.Popen([harness.FECHATTERD, *self.at], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=prepare)
        self.ready()
        return self.server.process

    def ready(self):
        def answers():
            self.assertIsNone(self.server.process.poll())
            try:
                return self.server.call("GET", "/readyz").status == 200
            except OSError:
                return False
        until(answers)

    def test_every_signal_to_end_drains(self):
        for end in signal.SIGHUP, signal.SIGQUIT, signal.SIGINT:
            p = self.serve(lambda: signal.signal(end, signal.SIG_DFL))
            p.send_signal(end)
            self.assertEqual((end, p.wait(30)), (end, 0))

    def test_what_outlives_its_terminal_stays(self):
        p = self.serve(lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        p.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        self.ready()

    def test_without_standard_streams(self):
        for closed in [2], [0, 1, 2]:
            p = self.serve(lambda: [os.close(fd) for fd in closed])
            for fd in closed:
                self.assertEqual(os.readlink(f"/proc/{p.pid}/fd/{fd}"), "/dev/null")
            self.server.stop()
        lost = subprocess.run([harness.FECHATTERD, "export", *self.at], stderr=subprocess.PIPE, text=True, timeout=60, preexec_fn=lambda: os.close(1))
        self.assertEqual((lost.returncode, lost.stderr), (1, "fechatterd: the export could not be written\n"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
