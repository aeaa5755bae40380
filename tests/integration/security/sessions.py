"""Sessions and tokens: what ends reaches live sockets within a second, and nothing that is no token of this server opens anything."""

import json, time
from running import Running
from security import forging
from server import Server, User, new_id, town
from streams import FORMS, Poll, Stream, WebSocket


class Ends(Running):
    """Each way of ending a session, on each form of the stream."""

    def ends(self, end):
        for make in FORMS:
            with self.subTest(form=make.form):
                (ann, bob), chat = town(self.server)
                phone, other = bob.again("phone"), make(bob)
                stream = make(phone)
                stream.hello(), other.hello()
                ann.say(chat, "before"), stream.event("chat", "message_posted")
                end(bob, phone)
                begun = time.monotonic()
                self.assertTrue(stream.gone(3))
                self.assertLess(time.monotonic() - begun, 1.0)
                reasons = [f[2]["reason"] for f in stream.frames if f[0] == "closing"]
                if reasons or make is not Poll:  # one that rests between two polls is told by the next one's 401
                    self.assertEqual(reasons, ["signed_out"])
                after = ann.say(chat, "after the end")["id"]
                other.wait(lambda f: f[0] == "event" and f[2]["payload"].get("id") == after)
                self.assertNotIn(after, json.dumps(stream.frames))
                self.assertEqual((phone.call("GET", "/me").status, phone.call("GET", "/poll?wait=0").status, Stream(phone).status, WebSocket(phone).status), (401,) * 4)
                self.assertEqual(self.server.call("POST", "/api/v1/refresh", {"refresh_token": phone.session["refresh_token"]}).status, 401)
                other.close()

    def test_signing_out(self):
        self.ends(lambda bob, phone: phone.ok("POST", "/logout"))

    def test_revocation_by_another_session(self):
        self.ends(lambda bob, phone: bob.ok("DELETE", "/sessions/" + phone.session["session_id"]))

    def test_a_change_of_the_password(self):
        self.ends(lambda bob, phone: bob.ok("POST", "/me/password", {"old": "correct horse", "new": "battery staple"}))

    def test_reuse_of_a_spent_refresh_token(self):
        def reuse(bob, phone):
            spent = {"refresh_token": phone.session["refresh_token"]}
            fresh = self.server.call("POST", "/api/v1/refresh", spent).json
            self.assertEqual(self.server.call("POST", "/api/v1/refresh", spent).status, 401)
            self.assertEqual(self.server.call("POST", "/api/v1/refresh", {"refresh_token": fresh["refresh_token"]}).status, 401)  # the whole family
            self.assertEqual(self.server.call("GET", "/api/v1/me", token=fresh["access_token"]).status, 401)

        self.ends(reuse)

    def test_removal_from_the_workspace(self):
        for make in FORMS:
            (ann, bob), chat = town(self.server)
            stream = make(bob)
            stream.hello()
            ann.ok("DELETE", f"/workspaces/{ann.workspace}/members/{bob.id}")
            said = [ann.say(chat, "secret to bob")["id"] for _ in range(3)]
            ann.ok("PATCH", f"/workspaces/{ann.workspace}", {"name": "renamed behind his back"})
            stream.event("workspace", "member_left", 1)
            time.sleep(0.3)
            seen = json.dumps(stream.frames)
            self.assertFalse([i for i in said if i in seen] or "behind his back" in seen, make.form)
            stream.close()


class Tickets(Running):
    def test_a_ticket_is_worth_one_stream_of_a_living_session(self):
        (ann, bob), chat = town(self.server)
        phone = bob.again()
        mine = lambda who: who.ok("POST", "/stream/tickets")["ticket"]
        used, revoked = mine(bob), mine(phone)
        first = Stream(bob, "?ticket=" + used, token=False)
        self.assertEqual(first.status, 200)
        first.close()
        phone.ok("POST", "/logout")
        for ticket in [used, revoked, used[:-1], "", "x" * 128, bob.token, bob.session["refresh_token"]]:
            self.assertEqual((Stream(bob, "?ticket=" + ticket, token=False).status, WebSocket(bob, "?ticket=" + ticket, token=False).status), (401, 401), ticket)
        self.assertEqual(self.server.call("GET", "/api/v1/me", token=mine(bob)).status, 401)
        self.assertEqual(self.server.call("GET", "/api/v1/me?ticket=" + mine(bob)).status, 401)

    def test_the_oldest_of_too_many_tickets_goes(self):
        ann = User(self.server, "Ann")
        tickets = [ann.ok("POST", "/stream/tickets")["ticket"] for _ in range(34)]
        opened = [Stream(ann, "?ticket=" + t, token=False).status for t in (tickets[0], tickets[1], tickets[2], tickets[-1])]
        self.assertEqual(opened, [401, 401, 200, 200])


class Confusion(Running):
    """Tokens that this server never issued, most of them signed with its own key, which is taken from its files for this."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = User(cls.server, "Ann")
        cls.key, (cls.head, cls.body) = forging.Key.of_server(cls.server), forging.parts(cls.ann.token)
        jwk = cls.server.call("GET", "/.well-known/jwks.json").json["keys"][0]
        cls.public = [json.dumps(jwk).encode(), forging.bytes64(jwk["x"]) + forging.bytes64(jwk["y"]), jwk["kid"].encode(), b""]

    def signed(self, head=None, body=None, without=()):
        kept = lambda part, more: {k: v for k, v in {**part, **(more or {})}.items() if k not in without}
        return forging.forged(self.key, kept(self.head, head), kept(self.body, body))

    def refused(self, tokens):
        for name, token in tokens.items():
            who = User.__new__(User)
            who.server, who.token = self.server, token
            with self.subTest(token=name):
                self.assertEqual(who.call("GET", "/me").status, 401)
                self.assertEqual(who.call("GET", "/poll?wait=0").status, 401)
                self.assertEqual(Stream(who).status, 401)

    def test_the_forger_can_forge(self):
        for _ in range(3):
            self.assertEqual(self.server.call("GET", "/api/v1/me", token=self.signed()).status, 200)

    def test_algorithms(self):
        text = forging.joined(self.head, self.body)
        tokens = {
            f"{alg}, {len(sig)} bytes": forging.joined({**self.head, "alg": alg}, self.body) + "." + forging.text64(sig)
            for alg in ("none", "None", "NONE", "nOnE", "")
            for sig in (b"", b"\0" * 64)
        }
        tokens.update({f"HS256 by public key {i}": forging.by_secret(secret, {**self.head, "alg": "HS256"}, self.body) for i, secret in enumerate(self.public)})
        tokens.update({alg: self.signed({"alg": alg}) for alg in ("ES256K", "ES384", "RS256", "HS256", "es256", "ES256\0")})
        for name, sig in {
            "of zeros": b"\0" * 64,
            "of n": forging.N.to_bytes(32, "big") * 2,
            "short": b"\1" * 63,
            "long": b"\1" * 65,
            "DER": b"\x30\x06\2\1\1\2\1\1",
        }.items():
            tokens["signature " + name] = text + "." + forging.text64(sig)
        self.refused(tokens)

    def test_keys(self):
        kids = [
            "",
            "0001",
            "0001.pem",
            "../keys/0001.pem",
            "../../../../dev/null",
            "/dev/null",
            self.head["kid"] + "\0",
            self.head["kid"].upper() + "x",
            "' or 1=1 --",
            1,
            None,
            [self.head["kid"]],
        ]
        self.refused({f"kid {kid!r}": self.signed({"kid": kid}) for kid in kids})
        stranger = forging.Key()
        x, y = forging.times(stranger.secret)
        jwk = {"kty": "EC", "crv": "P-256", "x": forging.text64(x.to_bytes(32, "big")), "y": forging.text64(y.to_bytes(32, "big"))}
        own = lambda more: forging.forged(stranger, {**self.head, **more}, self.body)
        self.refused(
            {
                "no kid": self.signed(without=["kid"]),
                "another's key": own({}),
                "jwk": own({"jwk": jwk}),
                "jku": own({"jku": "http://127.0.0.1:1/jwks.json"}),
                "x5u": own({"x5u": "http://127.0.0.1:1/"}),
                "crit": self.signed({"crit": ["exp"]}),
                "no typ": self.signed(without=["typ"]),
                "b64": self.signed({"b64": False}),
            }
        )

    def test_claims(self):
        now = int(time.time())
        claims = [
            {"exp": now - 1},
            {"exp": 0},
            {"exp": -1},
            {"exp": "9999999999"},
            {"exp": 1e300},
            {"nbf": now + 3600},
            {"iat": now + 3600},
            {"aud": "elsewhere"},
            {"aud": ["fechatter"]},
            {"aud": ""},
            {"iss": "elsewhere"},
            {"iss": None},
            {"sub": "00000000-0000-0000-0000-000000000000"},
            {"sub": "' or 1=1"},
            {"sid": "00000000-0000-0000-0000-000000000000"},
            {"sub": None},
        ]
        self.refused({json.dumps(c): self.signed(body=c) for c in claims})
        self.refused({"without " + name: self.signed(without=[name]) for name in ("iss", "aud", "sub", "sid", "exp")})
        head, body = forging.text64(json.dumps(self.head).encode()), json.dumps(self.body)[:-1]
        doubled = head + "." + forging.text64((body + f',"exp":{now - 5}}}').encode())
        self.refused({"two exp, the later one past": doubled + "." + forging.text64(self.key.sign(doubled.encode()))})

    def test_texts(self):
        t = self.ann.token
        a, b, c = t.split(".")
        tokens = {
            "refresh token": self.ann.session["refresh_token"],
            "two segments": a + "." + b,
            "four segments": t + "." + c,
            "no signature": a + "." + b + ".",
            "cut": t[:-2],
            "padded": t + "=",
            "padded inside": a + "==." + b + "." + c,
            "blank inside": a + ". " + b + "." + c,
            "tab": a + ".\t" + b + "." + c,
            "twice": t + " " + t,
            "quoted": f'"{t}"',
            "empty": "",
            "dots": "..",
            "long": "a" * 9000,
            "standard alphabet": a + "." + b + "." + forging.base64.b64encode(forging.bytes64(c)).decode(),
            "body of another": a + "." + forging.text64(b"{}") + "." + c,
        }
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        tokens["unused bits of the last character"] = t[:-1] + alphabet[alphabet.index(t[-1]) ^ 1]
        self.refused(tokens)
        for scheme in ["Basic", "Token", "JWT", ""]:
            self.assertEqual(self.server.call("GET", "/api/v1/me", headers={"Authorization": f"{scheme} {t}"}).status, 401)
        self.assertEqual(self.server.call("POST", "/api/v1/refresh", {"refresh_token": t[:200]}).status, 401)

    def test_refresh_tokens(self):
        ann = User(self.server, "Ann")
        session, generation, mac = ann.session["refresh_token"].split(".")
        other = User(self.server, "Eve").session["refresh_token"].split(".")
        for token in [
            f"{session}.1.{mac}",
            f"{session}.-0.{mac}",
            f"{session}.00.{mac}",
            f"{other[0]}.0.{mac}",
            f"{session}.0.{other[2]}",
            f"{session}.0.{mac[:-1]}",
            f"{session}.0.",
            "..",
            f"{session}.{'9' * 30}.{mac}",
            f" {session}.0.{mac}",
            f"{session.upper()}.0.{mac}",
        ]:
            self.assertEqual(self.server.call("POST", "/api/v1/refresh", {"refresh_token": token}).status, 401, token)
        self.assertEqual(self.server.call("POST", "/api/v1/refresh", {"refresh_token": ann.session["refresh_token"]}).status, 200)  # nothing of it was reuse


class Enumeration(Running):
    def test_who_has_an_account_is_not_told_by_signing_in(self):
        ann = User(self.server, "Ann")
        answers = set()
        for email, password in [
            (ann.email, "wrong horse"),
            ("nobody@example.org", "wrong horse"),
            ("no address", "wrong horse"),
            ("", ""),
            (ann.email, ""),
            (ann.email + "\t", "correct horse"),
        ]:
            r = self.server.call("POST", "/api/v1/login", {"email": email, "password": password})
            r.json["error"].pop("request_id")
            answers.add((r.status, json.dumps(r.json)))
        self.assertEqual(len(answers), 1, answers)

    def test_invitations_cannot_be_told_apart_from_codes_that_never_were(self):
        """An expired, a used and a withdrawn one say so only to whoever knows the code, which has 100 bits."""
        (ann, bob), chat = town(self.server)
        code = ann.ok("POST", f"/workspaces/{ann.workspace}/invites", {})["code"]
        self.assertRegex(code, "^[a-km-np-z2-9]{20}$")
        for guess in [code[:-1], code + "x", code.upper(), code[:10] + "%", "%", "_" * 20, "*", code[:-1] + ("a" if code[-1] != "a" else "b")]:
            r = User(self.server, "Eve").call("POST", f"/invites/{guess.replace('%', '%25')}/accept")
            self.assertEqual((r.status, r.json["error"]["message"]), (404, "no such invite"), guess)
