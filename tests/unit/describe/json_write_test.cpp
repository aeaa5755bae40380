#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include "tests/unit/describe/sample.hpp"

using namespace sample;
using namespace std::string_literals;

namespace {
using Random = std::mt19937_64;
std::size_t upto(Random& r, std::size_t n) { return static_cast<std::size_t>(r() % (n + 1)); }

std::string random_text(Random& r, std::size_t max) {
  static const std::string parts[] = {"a", "\"", "\\", "\n", "\t", "\x01", "\x7f", "/", "\xc3\xa9", "\xe4\xbd\xa0", "\xf0\x9f\x98\x80", " ", "{", "]"};
  std::string out;
  for (std::size_t n = upto(r, 8); n > 0; --n) {
    const auto& part = parts[upto(r, std::size(parts) - 1)];
    if (out.size() + part.size() <= max) out += part;
  }
  return out;
}
std::int64_t random_number(Random& r) {
  const std::int64_t n = static_cast<std::int64_t>(r() >> (11 + upto(r, 52)));
  return upto(r, 1) ? n : -n;
}
Member random_member(Random& r) {
  Member m;
  for (auto& b : m.user_id.bytes) b = static_cast<std::uint8_t>(r());
  m.role = static_cast<Role>(upto(r, 2));
  return m;
}
Everything random_everything(Random& r) {
  Everything v;
  v.id = random_member(r).user_id, v.muted = upto(r, 1), v.count = static_cast<std::int32_t>(r());
  v.seq = random_number(r), v.pos.value = random_number(r), v.name = random_text(r, 20);
  v.at.ms = static_cast<std::int64_t>(r() % 253402300799999), v.role = static_cast<Role>(upto(r, 2));
  if (upto(r, 1)) v.note = random_text(r, 99);
  if (upto(r, 1)) v.maybe_role = static_cast<Role>(upto(r, 2));
  if (upto(r, 1)) v.lead = random_member(r);
  for (std::size_t n = upto(r, 3); n > 0; --n)
    v.members.push_back(random_member(r)), v.tags.push_back(random_text(r, 99)), v.roles.push_back(random_member(r).role);
  v.extra.text = upto(r, 1) ? to_json(random_member(r)) : "[1,\"x\",{}]";
  if (upto(r, 1)) v.more = Json{"{\"a\":[null,-1.5e3]}"};
  return v;
}
}  // namespace

TEST_CASE("a value is written in the description's order, empty maybes left out") {
  Everything v;
  v.members.resize(1);
  v.extra.text = "{\"raw\": 1}";
  const std::string nil = "\"00000000-0000-0000-0000-000000000000\"";
  CHECK(to_json(v) ==
        "{\"id\":" + nil + R"(,"muted":false,"count":0,"seq":0,"pos":0,"name":"","at":"1970-01-01T00:00:00.000Z","role":"member","members":[{"user_id":)" +
            nil + R"(,"role":"member"}],"tags":[],"roles":[],"extra":{"raw": 1},"nothing":{}})");
  v.note = "", v.maybe_role = Role::owner;
  CHECK(to_json(v).find(R"("note":"","maybe_role":"owner",)") != std::string::npos);
  CHECK(to_json(Nothing{}) == "{}");
  CHECK(to_json(Json{}) == "null");
  CHECK(to_json(std::vector<std::optional<std::int64_t>>{1, std::nullopt}) == "[1,null]");
}

TEST_CASE("an internal field is written only where it holds something") {
  Request r;
  CHECK(to_json(r).find("secret") == std::string::npos);
  r.secret = "x";
  CHECK(to_json(r).find(R"("secret":"x")") != std::string::npos);
}

TEST_CASE("strings are escaped as JSON needs it and no more") {
  std::string out = ">";
  write_string("\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9"s, out);
  CHECK(out == ">\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"");
  out.clear();
  write_string("", out);
  CHECK(out == "\"\"");
}

TEST_CASE("what is written is valid, and reads back the same, strictly and tolerantly") {
  Random r(20261123);
  for (int i = 0; i < 2000; ++i) {
    const Everything v = random_everything(r);
    const std::string text = to_json(v);
    CAPTURE(text);
    REQUIRE(nlohmann::json::accept(text));
    for (const auto how : {Reading::strict, Reading::tolerant}) {
      Everything back;
      REQUIRE_FALSE(read_json(text, back, how));
      REQUIRE(to_json(back) == text);
    }
  }
}

TEST_CASE("any bytes end in a value that can be written, or in an error that says something") {
  Random r(42);
  std::size_t read = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string text = to_json(random_everything(r));
    for (std::size_t n = upto(r, 3) + 1; n > 0; --n) {
      const std::size_t at = upto(r, text.size() - 1);
      switch (upto(r, 4)) {
        case 0: text[at] = static_cast<char>(r()); break;
        case 1: text.erase(at, 1 + upto(r, 20)); break;
        case 2: text.insert(at, 1, "{}[]\",:\\0-\xff"[upto(r, 11)]); break;
        case 3: text.insert(at, text.substr(upto(r, at), upto(r, 40))); break;
        default: text.resize(at); break;
      }
      if (text.empty()) text = "{";
    }
    Everything v;
    const auto how = i % 2 ? Reading::strict : Reading::tolerant;
    const auto error = read_json(text, v, how);
    if (error) {
      REQUIRE_FALSE(error->message.empty());
      continue;
    }
    ++read;
    CAPTURE(text);
    // (The text itself may hold a number that no double holds, in a field that was skipped.)
    REQUIRE(nlohmann::json::accept(to_json(v)));
  }
  CHECK(read > 100);
}
